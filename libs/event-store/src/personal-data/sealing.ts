import type { PersonalRow } from '../store/decoding.js';
import { contextOf, sealValue } from './ciphers.js';
import { forgotten, type SubjectKey } from './key-ring.js';
import { InvalidSubjectId } from './personal-data.errors.js';
import { personalFieldsOf, type Path } from './personal-fields.js';
import { personalValues, type PersonalValue } from './personal-values.js';
import { isSubjectId } from './subject-id.js';
import type { Subject } from './subject-key.js';

/** Data as it is stored: its personal fields encrypted. */
export interface SealedRow {
  readonly json: string;
  /** Whose personal data is in it. */
  readonly subjects: readonly string[];
}

/** Rows whose personal values are found, and whose keys it takes to encrypt them. */
export interface Sealing {
  readonly rows: readonly SealingRow[];
  /** In the order of the values. */
  readonly wanted: readonly Subject[];
}

interface SealingRow {
  readonly row: PersonalRow;
  /** The row's, or a copy as far as its values are replaced in it. */
  readonly data: unknown;
  readonly values: readonly PersonalValue[];
}

/** Told of a value whose subject was forgotten. It stays as it is, unless this replaces it. */
export type WhenForgotten = (value: PersonalValue) => void;

/**
 * Finds what is personal in rows, which stay as they are.
 *
 * @throws {InvalidSubjectId}
 */
export function sealingOf(rows: readonly PersonalRow[]): Sealing {
  const wanted: Subject[] = [];
  const found = rows.map((row) => {
    const fields = personalFieldsOf(row.definition.schema);
    const data = fields.reduce((copy, { path }) => copyAlong(path, copy), row.data);
    const values = personalValues(fields, data, row.streamId);
    for (const { subject } of values) {
      if (!isSubjectId(subject)) throw new InvalidSubjectId();
      wanted.push({ tenantId: row.tenantId, subject });
    }
    return { row, data, values };
  });
  return { rows: found, wanted };
}

/**
 * The rows as they are stored.
 *
 * @param keys in the order of what was wanted. Where there is none, the value is replaced.
 */
export function sealed(
  { rows }: Sealing,
  keys: readonly (SubjectKey | undefined)[],
  whenForgotten: WhenForgotten,
): SealedRow[] {
  let at = 0;
  return rows.map(({ row, data, values }) => {
    const subjects: string[] = [];
    for (const value of values) {
      const key = keys[at++];
      if (key === undefined) replace(value);
      else if (key === forgotten) whenForgotten(value);
      else {
        value.holder[value.key] = sealValue(key, value.holder[value.key], placeOf(row, value));
        if (!subjects.includes(value.subject)) subjects.push(value.subject);
      }
    }
    return { json: JSON.stringify(data), subjects };
  });
}

/** Puts what is read instead of somebody's data in its place. */
export function replace({ holder, key, field }: PersonalValue): void {
  holder[key] = structuredClone(field.forgotten);
}

/** What a value is bound to: its tenant, stream, version, event type and place in the data. */
export function placeOf(
  { tenantId, streamId, version, definition }: PersonalRow,
  { pointer }: PersonalValue,
): string {
  const { type, version: schemaVersion } = definition;
  return contextOf('field', tenantId.toLowerCase(), streamId, version, type, schemaVersion, pointer);
}

/** A copy of whatever stands on the way to a personal field; the rest is shared with the original. */
function copyAlong(path: Path, at: unknown): unknown {
  const [step, ...below] = path;
  if (step === undefined || typeof at !== 'object' || at === null) return at;
  const copy = (Array.isArray(at) ? [...(at as unknown[])] : { ...at }) as Record<string, unknown>;
  if (below.length === 0) return copy;
  for (const key of typeof step === 'string' ? [step] : Object.keys(copy))
    if (Object.hasOwn(copy, key)) copy[key] = copyAlong(below, copy[key]);
  return copy;
}
