import type { Database } from '@acci/database';
import type { EventMetadata } from '../event/recorded-event.js';
import type { PositionRow, RecordedRow } from '../store/rows.js';
import { Tally } from './tally.js';
import { transferFormat, type EventLine, type HeaderLine, type TransferLine } from './transfer-lines.js';
import { selectMoment, selectTenantPage, type Moment } from './transfer-statements.js';

/** How personal fields leave. */
interface PersonalDataOnExport {
  readonly personalData: HeaderLine['personalData'];
  /** Makes the personal fields of stored rows readable, or replaces them. */
  readonly open: (rows: readonly RecordedRow[]) => Promise<readonly RecordedRow[]>;
}

/**
 * Writes a tenant's events as the lines of an export, some at a time: whoever reads slowly keeps no transaction open
 * and no memory filled. All that had been committed at one moment is exported, and nothing else: also what readers of
 * the log do not see yet, because a transaction somewhere in the cluster holds them back.
 */
export async function* exportTenant(
  database: Database,
  tenantId: string,
  { personalData, open }: PersonalDataOnExport,
): AsyncGenerator<string> {
  const tally = new Tally();
  const write = (line: TransferLine): string => {
    const text = JSON.stringify(line);
    tally.bytes(text);
    return `${text}\n`;
  };
  const [moment] = await database.queryInTenant<Moment & object>(tenantId, selectMoment);
  const exportedAt = new Date().toISOString();
  yield write({ kind: 'header', format: transferFormat, tenantId, exportedAt, personalData });
  for (let after: PositionRow | undefined; ;) {
    const rows = await database.queryInTenant<RecordedRow>(tenantId, selectTenantPage, [
      tenantId,
      after?.epoch ?? 0,
      after?.transaction ?? '0',
      after?.position ?? '0',
      moment?.epoch,
      moment?.snapshot,
    ]);
    if (rows.length === 0) break;
    let page = '';
    for (const row of await open(rows)) {
      tally.event(row);
      page += write(toLine(row));
      if (tally.blockIsFull) page += write(tally.block());
    }
    yield page;
    after = rows.at(-1);
  }
  yield write(tally.manifest());
}

function toLine(row: RecordedRow): EventLine {
  return {
    kind: 'event',
    streamType: row.stream_type,
    streamId: row.stream_id,
    version: row.version,
    id: row.event_id,
    type: row.type,
    schemaVersion: row.schema_version,
    data: row.data,
    metadata: row.metadata as EventMetadata & Record<string, unknown>,
    recordedAt: row.recorded_at.toISOString(),
  };
}
