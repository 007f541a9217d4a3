import { EventInvalid, EventTooLarge, UnstorableData, type UnstorableReason } from '../event-store.errors.js';
import type { DomainEvent, EventDefinition } from './event-definition.js';
import { pointerOf } from './json-pointer.js';
import { isStorableText } from './storable-text.js';

/** How much an event may hold. */
export interface EventLimits {
  /** Bytes of one event's data as JSON. */
  readonly maxEventBytes: number;
  /** Levels of objects and arrays in one event's data. */
  readonly maxEventDepth: number;
}

export const defaultLimits: EventLimits = { maxEventBytes: 1024 * 1024, maxEventDepth: 32 };

/** An event's data, checked: as its schema returned it, and as the JSON to be stored. */
export interface EncodedData {
  readonly data: unknown;
  readonly json: string;
}

/**
 * Checks an event's data once, on its way in, so that nothing has to be checked on its way out.
 *
 * @throws {UnstorableData} {@link EventInvalid} {@link EventTooLarge}
 */
export function encodeData(
  definition: EventDefinition,
  event: DomainEvent,
  limits: EventLimits,
): EncodedData {
  const { type, schema } = definition;
  // Before the schema: an open schema (a record, an unknown) would let these through, and recurse into them.
  assertStorable(event.data, `The data of ${type}`, limits.maxEventDepth);
  const parsed = schema.safeParse(event.data);
  if (!parsed.success) {
    throw new EventInvalid(
      type,
      parsed.error.issues.map(({ path, message }) => ({ pointer: pointerOf(path), message })),
    );
  }
  const json = JSON.stringify(parsed.data);
  const bytes = Buffer.byteLength(json);
  if (bytes > limits.maxEventBytes) throw new EventTooLarge(type, bytes, limits.maxEventBytes);
  return { data: parsed.data, json };
}

/**
 * Refuses what JSON or PostgreSQL would change, lose or choke on.
 *
 * @param what names the value in the error.
 * @throws {UnstorableData}
 */
export function assertStorable(value: unknown, what: string, maxDepth: number): void {
  const found = findUnstorable(value, maxDepth);
  if (found) throw new UnstorableData(what, found.reason, pointerOf(found.path.toReversed()));
}

/** The path is built backwards, on the way out of the recursion: what is fine costs no allocation. */
interface Unstorable {
  readonly reason: UnstorableReason;
  readonly path: PropertyKey[];
}

function findUnstorable(value: unknown, depth: number): Unstorable | undefined {
  if (typeof value === 'string')
    return isStorableText(value) ? undefined : { reason: 'invalid_text', path: [] };
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return undefined;
  if (typeof value !== 'object') return { reason: 'not_json', path: [] };
  if (depth === 0) return { reason: 'too_deep', path: [] };
  return Array.isArray(value) ? findInArray(value, depth) : findInObject(value, depth);
}

function findInArray(array: readonly unknown[], depth: number): Unstorable | undefined {
  for (const [index, item] of array.entries()) {
    const found = findUnstorable(item, depth - 1);
    if (found) return within(found, index);
  }
  return undefined;
}

function findInObject(object: object, depth: number): Unstorable | undefined {
  if (!isPlain(object)) return { reason: 'not_json', path: [] };
  for (const [key, item] of Object.entries(object)) {
    if (key === '__proto__') return { reason: 'unsafe_key', path: [] };
    if (!isStorableText(key)) return { reason: 'invalid_text', path: [] };
    // JSON leaves out a property that is undefined, and a schema calls that optional.
    const found = item === undefined ? undefined : findUnstorable(item, depth - 1);
    if (found) return within(found, key);
  }
  return undefined;
}

/** Not an instance of a class. Asked so that it also holds for an object of another realm, as a test runner has. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function within(found: Unstorable, key: PropertyKey): Unstorable {
  found.path.push(key);
  return found;
}
