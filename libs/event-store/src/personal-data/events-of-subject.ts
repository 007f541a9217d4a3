import { isDeepStrictEqual } from 'node:util';
import type { Transaction } from '@acci/database';
import type { EventRegistry } from '../event/event-registry.js';
import type { Position } from '../position.js';
import { toPosition, type PositionRow } from '../store/rows.js';
import { isSealedValue } from './ciphers.js';
import { selectEventsOfSubject } from './forget-statements.js';
import type { Subject } from './subject-key.js';
import { personalFieldsOf } from './personal-fields.js';
import { personalValues, type PersonalValue } from './personal-values.js';

/** An event with personal data of a subject. */
export interface EventOfSubject {
  readonly position: Position;
  readonly streamId: string;
  /** False if a personal value stands there as it is, and not encrypted or replaced. */
  readonly sealed: boolean;
}

interface CandidateRow extends PositionRow {
  readonly stream_id: string;
  readonly type: string;
  readonly schema_version: number;
  readonly data: unknown;
}

// An event may have a megabyte.
const atOnce = 500;

/**
 * Every event that has personal data of a subject, archived ones as well, in the order of the log.
 *
 * @param system a transaction over all tenants.
 */
export async function eventsOfSubject(
  registry: EventRegistry,
  system: Transaction,
  { tenantId, subject }: Subject,
): Promise<EventOfSubject[]> {
  const definitions = registry.events().map(({ definition }) => definition);
  const types = definitions.filter(({ personal }) => personal.length > 0).map(({ type }) => type);
  const found: EventOfSubject[] = [];
  for (let last: CandidateRow | undefined, more = true; more;) {
    const after = last ? [last.epoch, last.transaction, last.position] : [0, 0, 0];
    const values = [tenantId, subject, types, ...after, atOnce];
    const rows = await system.query<CandidateRow & Record<string, unknown>>(selectEventsOfSubject, values);
    for (const row of rows) {
      const own = valuesIn(registry, row).filter((value) => value.subject === subject);
      if (own.length === 0) continue;
      const sealed = own.every(
        ({ holder, key, field }) =>
          isSealedValue(holder[key]) || isDeepStrictEqual(holder[key], field.forgotten),
      );
      found.push({ position: toPosition(row), streamId: row.stream_id, sealed });
    }
    last = rows.at(-1);
    more = rows.length === atOnce;
  }
  return found;
}

/** The streams that the events stand in, each once. */
export function streamsOf(events: readonly EventOfSubject[]): string[] {
  return [...new Set(events.map(({ streamId }) => streamId))];
}

function valuesIn(
  registry: EventRegistry,
  { type, schema_version, stream_id, data }: CandidateRow,
): PersonalValue[] {
  const schema = registry.find(type, schema_version)?.definition.schema;
  return schema ? personalValues(personalFieldsOf(schema), data, stream_id) : [];
}
