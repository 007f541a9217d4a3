import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { JsonSchema } from './describe-events.js';
import type { EventDefinition, PersonalField } from './event-definition.js';
import type { EventRegistry } from './event-registry.js';

/** What one schema version of an event must stay like, because events of it may be stored. */
export interface LockedEvent {
  readonly schema: JsonSchema;
  /** Left out where nothing is personal. */
  readonly personal?: readonly PersonalField[];
}

/** The content of a lock file: `type@version` → what it must stay like. */
export type EventLock = Readonly<Record<string, LockedEvent>>;

/** How the program's events differ from a lock, in one schema version of one event. */
export interface LockDifference {
  /** `type@version` */
  readonly event: string;
  /** `new`: not in the lock. `gone`: in the lock alone. */
  readonly kind: 'new' | 'changed' | 'gone';
  /** What changed: `- /properties/name/maxLength: 200` as it is locked, `+ …` as it is now. */
  readonly lines: readonly string[];
}

/**
 * Adds the events that a lock does not have yet. What it has stays as it is, also if the program's schema is another
 * one by now: {@link compareWithLock} shows that.
 *
 * @param accepted events (`type@version`) to be taken over as they are now, changed or gone.
 * @throws {Error} if one of them is unknown to program and lock.
 * @example
 * await writeFile('events.lock.json', JSON.stringify(lockEvents(registryOf(AppModule), lock), undefined, 2));
 */
export function lockEvents(
  registry: EventRegistry,
  lock: EventLock = {},
  accepted: readonly string[] = [],
): EventLock {
  const now = schemasOf(registry);
  const stranger = accepted.find((event) => !now.has(event) && !lock[event]);
  if (stranger) throw new Error(`There is no event ${stranger}`);
  const kept = Object.entries(lock).filter(([event]) => !accepted.includes(event));
  return Object.fromEntries([...new Map([...now, ...kept])].sort(byName));
}

/**
 * What changed since events were locked; nothing, if all is well.
 *
 * @example
 * const differences = compareWithLock(registryOf(AppModule), JSON.parse(await readFile('events.lock.json', 'utf8')));
 * expect(explainLock(differences)).toBe('');
 */
export function compareWithLock(registry: EventRegistry, lock: EventLock): LockDifference[] {
  const now = schemasOf(registry);
  const differences: LockDifference[] = [];
  for (const event of new Set([...now.keys(), ...Object.keys(lock)])) {
    const [locked, current] = [lock[event], now.get(event)];
    if (!locked) differences.push({ event, kind: 'new', lines: [] });
    else if (!current) differences.push({ event, kind: 'gone', lines: [] });
    else if (!isDeepStrictEqual(locked, current))
      differences.push({ event, kind: 'changed', lines: linesOf(locked, current) });
  }
  return differences;
}

/**
 * Differences as text for people: what each one is, and the way out of it. Empty if there is none.
 *
 * @param command what adds new events to the lock file, and with `--accept type@version` takes one over as it is.
 */
export function explainLock(differences: readonly LockDifference[], command = 'npm run events:lock'): string {
  const added = differences.filter(({ kind }) => kind === 'new').map(({ event }) => event);
  return [
    ...differences.flatMap(explain),
    ...(added.length > 0 ? [`Not locked yet: ${added.join(', ')}`, `  Lock with: ${command}`] : []),
  ].join('\n');

  function explain({ event, kind, lines }: LockDifference): string[] {
    const accept = `${command} -- --accept ${event}`;
    if (kind === 'changed')
      return [
        `${event} has changed, but events of this version may be stored, and stay as they are:`,
        ...lines.map((line) => `  ${line}`),
        '  Put the schema back, define the changed one as the next version, and list an upcaster to it.',
        `  Only if no event of this version was ever stored, or each one fits both: ${accept}`,
      ];
    if (kind === 'gone')
      return [
        `${event} is gone, but events of this version may be stored, and could not be read:`,
        '  Put its definition back, and list an upcaster from it: .to(…) what it is now, or .drop().',
        `  Only if no event of this version was ever stored: ${accept}`,
      ];
    return [];
  }
}

function schemasOf(registry: EventRegistry): Map<string, LockedEvent> {
  return new Map(
    registry.events().map(({ definition }) => {
      const { type, version, personal } = definition;
      const locked = { schema: schemaOf(definition), ...(personal.length > 0 && { personal }) };
      return [`${type}@${version}`, locked];
    }),
  );
}

/** The JSON Schema without what says nothing about data: descriptions, and the order of properties. */
function schemaOf({ schema }: EventDefinition): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    override: ({ jsonSchema }) => {
      for (const annotation of ['title', 'description', 'examples', 'deprecated'] as const)
        delete jsonSchema[annotation];
      jsonSchema.required?.sort();
    },
  });
  // As it is read from the file: without undefined, and without what is not enumerable.
  return JSON.parse(JSON.stringify(rest)) as JsonSchema;
}

function linesOf(locked: LockedEvent, current: LockedEvent): string[] {
  const [before, after] = [leavesOf(locked), leavesOf(current)];
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ].sort((a, b) => compareText(placeOf(a), placeOf(b)));
}

/** Of what stands at one place, the locked value comes first: the sort is stable. */
function placeOf(line: string): string {
  return line.slice(2).split(': ', 1)[0] ?? '';
}

/** `/properties/name/maxLength: 200` for every value that is no object. */
function leavesOf({ schema, personal }: LockedEvent): string[] {
  const leaves = (value: unknown, path: string): string[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, item]) => leaves(item, `${path}/${key}`))
      : [`${path}: ${JSON.stringify(value)}`];
  return [
    ...leaves(schema, ''),
    ...(personal ?? []).map(({ pointer, subject }) => `personal ${pointer} of ${subject}`),
  ];
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  const [[typeA = '', versionA], [typeB = '', versionB]] = [a.split('@'), b.split('@')];
  return compareText(typeA, typeB) || Number(versionA) - Number(versionB);
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
