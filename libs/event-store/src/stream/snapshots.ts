import { tracingChannel } from 'node:diagnostics_channel';
import type { Database } from '@acci/database';
import { internals, type Aggregate, type AggregateClass } from '../aggregate/aggregate.js';
import type { EventLimits } from '../event/event-encoder.js';
import type { PersonalDataCipher } from '../personal-data/personal-data-cipher.js';
import type { Snapshot } from './snapshot.js';
import { definitionOf, encodeState, restoreState, type EncodedState } from './snapshot-state.js';
import { keepSnapshot } from './stream-statements.js';

// A snapshot that is not taken now is taken at the next save, so a few at a time are enough: under load, connections are
// for those who wait for an answer.
const writesAtOnce = 4;

const channel = tracingChannel('acci:snapshot');

/** Takes snapshots of aggregates behind saves, and makes aggregates of them. */
export class Snapshots {
  private readonly writing = new Set<Promise<void>>();

  constructor(
    private readonly database: Database,
    private readonly limits: EventLimits,
    private readonly cipher: PersonalDataCipher,
  ) {}

  /**
   * Takes a snapshot if it is time for one, as soon as what was saved is committed. Nobody waits for it, and whatever
   * comes of it, the save has succeeded: it only makes later loads faster.
   */
  saved(tenantId: string, aggregate: Aggregate): void {
    const type = aggregate.constructor as AggregateClass;
    const { snapshot } = type;
    if (!snapshot || aggregate.version - internals.snapshotAt(aggregate) < snapshot.every) return;
    // More was recorded while the save was under way: the state is ahead of the version.
    if (internals.recorded(aggregate).length > 0) return;
    let state: EncodedState;
    try {
      state = encodeState(type, snapshot, aggregate, this.limits);
    } catch (error) {
      return tell(type, tenantId, error);
    }
    const { id, version } = aggregate;
    internals.restored(aggregate, version);
    const write = (): void => this.write(type, { tenantId, id, version, state });
    const { current } = this.database;
    if (current) current.afterCommit(write);
    else write();
  }

  /** A new aggregate in the state of a snapshot; undefined for one that cannot be read. */
  async restore<A extends Aggregate>(
    type: AggregateClass<A>,
    snapshot: Snapshot<A>,
    { tenantId, id, version, state }: Kept<unknown>,
  ): Promise<A | undefined> {
    try {
      const definition = definitionOf(type, snapshot);
      const row = { tenantId, streamId: id, version, definition, data: state };
      const readable = definition.personal.length > 0 ? await this.cipher.revealState(row) : state;
      return readable === undefined ? undefined : restoreState(type, snapshot, id, version, readable);
    } catch (error) {
      tell(type, tenantId, error);
      return undefined;
    }
  }

  /** Waits for the snapshots that are being written. */
  async flush(): Promise<void> {
    await Promise.all(this.writing);
  }

  private write(type: AggregateClass, kept: Kept<EncodedState>): void {
    if (this.writing.size >= writesAtOnce) return;
    const written = traced(type, kept.tenantId, () => this.keep(type, kept))
      .catch(() => {})
      .then(() => void this.writing.delete(written));
    this.writing.add(written);
  }

  private async keep(
    type: AggregateClass,
    { tenantId, id, version, state }: Kept<EncodedState>,
  ): Promise<void> {
    const { definition, data, json } = state;
    const row = { tenantId, streamId: id, version, definition, data };
    const sealed = definition.personal.length > 0 ? await this.cipher.sealState(row) : json;
    if (sealed === undefined) return;
    const values = [tenantId, type.streamType, id, version, definition.version, sealed];
    await this.database.queryInTenant(tenantId, keepSnapshot, values);
  }
}

/** A snapshot: the state of an aggregate at a version of its stream. */
interface Kept<S> {
  readonly tenantId: string;
  readonly id: string;
  readonly version: number;
  readonly state: S;
}

/** A failure is told to whoever watches the channel, and costs nothing but the snapshot. */
function tell(type: AggregateClass, tenantId: string, error: unknown): void {
  traced(type, tenantId, () => Promise.reject(error as Error)).catch(() => {});
}

function traced({ streamType }: AggregateClass, tenantId: string, work: () => Promise<void>): Promise<void> {
  if (!channel.hasSubscribers) return work();
  const attributes = { 'acci.tenant': tenantId, 'acci.stream_type': streamType };
  return channel.tracePromise(work, { name: `snapshot ${streamType}`, attributes });
}
