import { UnknownEventType, UpcastFailed } from '../event-store.errors.js';
import type { DomainEvent, EventDefinition } from '../event/event-definition.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { RecordedEvent } from '../event/recorded-event.js';
import type { KnownEvent } from '../event/stream-events.js';
import type { StreamPlace } from '../event/upcaster.js';
import { toRecordedEvent, type RecordedRow, type StoredRow } from './rows.js';

/** The data of a stored event some of whose fields are personal. */
export interface PersonalRow {
  readonly tenantId: string;
  readonly streamId: string;
  readonly version: number;
  readonly definition: EventDefinition;
  readonly data: unknown;
}

/** Makes the personal fields of stored data readable. */
export interface PersonalDataReader {
  /** The data of each row, as it was before it was stored, or with replacements for whoever was forgotten. */
  reveal(rows: readonly PersonalRow[]): Promise<readonly unknown[]>;
}

/**
 * Turns what is stored into the events that the program knows: first personal fields are made readable, by the
 * definition of the version that was stored, then old versions are upcast. Events that need neither pass untouched.
 */
export class EventDecoder {
  constructor(
    private readonly registry: EventRegistry,
    private readonly personal?: PersonalDataReader,
  ) {}

  /**
   * The events of a stream's rows, for an aggregate to apply. One row may give none, one or several.
   *
   * @param firstVersion the version of the first row; the others follow without gaps.
   * @throws {UnknownEventType} {@link UnknownEventVersion} {@link UpcastFailed}
   */
  async stream(
    tenantId: string,
    streamType: string,
    streamId: string,
    rows: readonly StoredRow[],
    firstVersion = 1,
  ): Promise<DomainEvent[]> {
    const placeOf = (version: number): StreamPlace => ({ tenantId, streamType, streamId, version });
    const stream = this.registry.stream(streamType);
    const readable = stream?.hasPersonalData
      ? await this.reveal(rows, (_, index) => placeOf(firstVersion + index))
      : rows;
    const events: DomainEvent[] = [];
    let known: KnownEvent | undefined;
    let at = firstVersion;
    for (const { type, schema_version: version, data } of readable) {
      // Of a long stream most events are of one type.
      const same = known?.definition.type === type && known.definition.version === version;
      if (!same) known = stream?.known(type, version);
      if (!known) throw new UnknownEventType(streamType, type);
      if (known.upcaster) events.push(...this.upcast({ type, version, data }, known, placeOf(at)));
      else events.push({ type, version, data });
      at += 1;
    }
    return events;
  }

  /**
   * The events of rows from anywhere in the log. One row may give none, one or several, which share its position; the
   * second and those after it are numbered by `part`. An event of no registered aggregate is given as it is stored.
   *
   * @throws {UnknownEventVersion} {@link UpcastFailed}
   */
  async recorded(rows: readonly RecordedRow[]): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for (const row of await this.reveal(rows, placeOfRow)) {
      const known = this.registry.find(row.type, row.schema_version);
      if (known?.upcaster) events.push(...this.parts(row, known));
      else events.push(toRecordedEvent(row));
    }
    return events;
  }

  /** Rows as they are stored, but with their personal fields readable: for whoever takes events elsewhere. */
  revealed(rows: readonly RecordedRow[]): Promise<readonly RecordedRow[]> {
    return this.reveal(rows, placeOfRow);
  }

  /**
   * Reads on until there are `limit` events, or no more rows: upcasting may drop events, and a reader must be able to
   * tell from their number that it has reached the end. All parts of a stored event are returned together, so there may
   * be more than `limit`.
   *
   * @param rowsAfter reads at most `limit` rows that come after `last`, or the first ones. Always so many: for the last
   * missing event it may have to go through a million that are dropped.
   * @param types leaves out events of other types.
   */
  async read(
    limit: number,
    rowsAfter: (last: RecordedRow | undefined) => Promise<readonly RecordedRow[]>,
    types?: readonly string[],
  ): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for (let last: RecordedRow | undefined; ;) {
      const rows = await rowsAfter(last);
      for (const event of await this.recorded(rows)) {
        const isPart = event.position.position === events.at(-1)?.position.position;
        if (events.length >= limit && !isPart) return events;
        if (!types || types.includes(event.type)) events.push(event);
      }
      if (rows.length < limit || events.length >= limit) return events;
      last = rows.at(-1);
    }
  }

  private async reveal<R extends StoredRow>(
    rows: readonly R[],
    placeOf: (row: R, index: number) => StreamPlace,
  ): Promise<readonly R[]> {
    if (!this.personal) return rows;
    const hidden: PersonalRow[] = [];
    const indexes: number[] = [];
    for (const [index, row] of rows.entries()) {
      const definition = this.registry.find(row.type, row.schema_version)?.definition;
      if (!definition?.personal.length) continue;
      const { tenantId, streamId, version } = placeOf(row, index);
      hidden.push({ tenantId, streamId, version, definition, data: row.data });
      indexes.push(index);
    }
    if (hidden.length === 0) return rows;
    const revealed = [...rows];
    const plain = await this.personal.reveal(hidden);
    for (const [at, index] of indexes.entries()) {
      const row = rows[index];
      if (row) revealed[index] = { ...row, data: plain[at] };
    }
    return revealed;
  }

  private parts(row: RecordedRow, known: KnownEvent): RecordedEvent[] {
    const { type, schema_version: version, data } = row;
    const parts = this.upcast({ type, version, data }, known, placeOfRow(row));
    return parts.map((next, part) => partOf(row, next, part));
  }

  /** Step by step, until everything is current. Registration has seen to it that this ends. */
  private upcast(event: DomainEvent, { upcaster }: KnownEvent, place: StreamPlace): readonly DomainEvent[] {
    if (!upcaster) return [event];
    const { type, version, data } = event;
    let next: readonly DomainEvent[];
    try {
      next = upcaster.apply(data, place);
    } catch (cause) {
      const { streamType, streamId, version: number } = place;
      throw new UpcastFailed(`${type} version ${version}`, `${streamType} ${streamId} at ${number}`, {
        cause,
      });
    }
    return next.flatMap((part) => {
      const known = this.registry.find(part.type, part.version);
      if (!known) throw new UnknownEventType(place.streamType, part.type);
      return this.upcast(part, known, place);
    });
  }
}

function partOf(row: RecordedRow, { type, version, data }: DomainEvent, part: number): RecordedEvent {
  const event = toRecordedEvent({ ...row, type, schema_version: version, data });
  return part > 0 ? { ...event, part } : event;
}

function placeOfRow(row: RecordedRow): StreamPlace {
  const { tenant_id: tenantId, stream_type: streamType, stream_id: streamId, version } = row;
  return { tenantId, streamType, streamId, version };
}
