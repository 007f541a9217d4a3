import type { Database } from '@acci/database';
import type { RecordedEvent } from '../event/recorded-event.js';
import { EpochNotAdopted } from '../event-store.errors.js';
import type { Position } from '../position.js';
import { translateReadError } from './append-errors.js';
import { toPosition, toRecordedEvent, type PositionRow, type RecordedRow } from './rows.js';
import { selectCommittedLog, selectHead, selectLog, selectLogIsSane } from './statements.js';

/** Which events of the log are wanted. */
export interface LogFilter {
  readonly types?: readonly string[];
  readonly tenantId?: string;
  /**
   * Everything that is committed, settled or not. Events can then still appear before ones that were seen: only for
   * a reader that keeps the writers of what it reads out meanwhile.
   */
  readonly unsettled?: boolean;
}

/** The log over all tenants, read by `acci_system`. */
export class EventLog {
  constructor(private readonly database: Database) {}

  async read(
    after: Position | undefined,
    limit: number,
    { types, tenantId, unsettled }: LogFilter,
  ): Promise<RecordedEvent[]> {
    const { epoch, transaction, position } = after ?? { epoch: 0, transaction: 0n, position: 0n };
    const values = [epoch, transaction, position, types ?? null, tenantId ?? null, limit];
    const statement = unsettled ? selectCommittedLog : selectLog;
    const rows = await this.query<RecordedRow>('read the event log', statement, values);
    return rows.map(toRecordedEvent);
  }

  async head(): Promise<Position | undefined> {
    const [row] = await this.query<PositionRow>('find the end of the event log', selectHead);
    return row && toPosition(row);
  }

  async verifyEpoch(): Promise<void> {
    const [row] = await this.query<{ sane: boolean }>('verify the epoch of the event log', selectLogIsSane);
    if (!row?.sane) throw new EpochNotAdopted();
  }

  private async query<R extends object>(...args: Parameters<Database['queryAsSystem']>): Promise<R[]> {
    try {
      return await this.database.queryAsSystem<R>(...args);
    } catch (error) {
      throw translateReadError(error);
    }
  }
}
