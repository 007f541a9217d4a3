import type { Database } from '@acci/database';
import type { EventRegistry } from '../event/event-registry.js';
import type { RecordedEvent } from '../event/recorded-event.js';
import { EpochNotAdopted } from '../event-store.errors.js';
import type { Position } from '../position.js';
import { translateReadError } from './append-errors.js';
import type { EventDecoder } from './decoding.js';
import { toPosition, toRecordedEvent, type PositionRow, type RecordedRow } from './rows.js';
import { selectCommittedLog, selectHead, selectLog, selectLogIsSane } from './statements.js';

/** Which events of the log are wanted. */
export interface LogFilter {
  /** What the events are once they are upcast; what they are stored as, if `raw`. */
  readonly types?: readonly string[];
  readonly tenantId?: string;
  /**
   * Only the tenants of one share, of so many: each tenant is in one of them, the shares numbered from 0. For those who
   * read the log side by side.
   */
  readonly share?: { readonly of: number; readonly is: number };
  /** Of which tenants alone events are wanted; of none, if there is none. */
  readonly tenants?: readonly string[];
  /** Of which tenants no event is wanted. */
  readonly exceptTenants?: readonly string[];
  /**
   * Everything that is committed, settled or not. Events can then still appear before ones that were seen: only for
   * a reader that keeps the writers of what it reads out meanwhile.
   */
  readonly unsettled?: boolean;
  /** As they are stored: in the version they were recorded in, personal fields encrypted. */
  readonly raw?: boolean;
}

/** The log over all tenants, read by `acci_system`. */
export class EventLog {
  constructor(
    private readonly database: Database,
    private readonly registry: EventRegistry,
    private readonly decoder: EventDecoder,
  ) {}

  async read(after: Position | undefined, limit: number, filter: LogFilter): Promise<RecordedEvent[]> {
    const { types, raw } = filter;
    if (raw) return (await this.rows(after, limit, filter)).map(toRecordedEvent);
    const stored = types ? { ...filter, types: this.registry.sourcesOf(types) } : filter;
    return this.decoder.read(
      limit,
      (last) => this.rows(last ? toPosition(last) : after, limit, stored),
      types,
    );
  }

  async head(): Promise<Position | undefined> {
    const [row] = await this.query<PositionRow>('find the end of the event log', selectHead);
    return row && toPosition(row);
  }

  async verifyEpoch(): Promise<void> {
    const [row] = await this.query<{ sane: boolean }>('verify the epoch of the event log', selectLogIsSane);
    if (!row?.sane) throw new EpochNotAdopted();
  }

  private rows(
    after: Position | undefined,
    count: number,
    { types, tenantId, share, tenants, exceptTenants, unsettled }: LogFilter,
  ): Promise<RecordedRow[]> {
    const { epoch, transaction, position } = after ?? { epoch: 0, transaction: 0n, position: 0n };
    const but = exceptTenants?.length ? exceptTenants : null;
    const values = [epoch, transaction, position, types, tenantId, count, share?.of, share?.is, but, tenants];
    const statement = unsettled ? selectCommittedLog : selectLog;
    return this.query<RecordedRow>('read the event log', statement, values);
  }

  private async query<R extends object>(...args: Parameters<Database['queryAsSystem']>): Promise<R[]> {
    try {
      return await this.database.queryAsSystem<R>(...args);
    } catch (error) {
      throw translateReadError(error);
    }
  }
}
