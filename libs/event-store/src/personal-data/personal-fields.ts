import type { z } from 'zod';
import { pointerOf } from '../event/json-pointer.js';
import { RegistrationError } from '../event-store.errors.js';
import { personalMark } from './personal.js';

/** A field of an event's data that says something about a person. */
export interface PersonalField {
  /** JSON pointer into the data; `*` stands for every item of an array, or every value of a record. */
  readonly pointer: string;
  /**
   * What names the person: a property of the data, a pointer to one that stands deeper, or `$stream` for the stream's
   * id.
   */
  readonly subject: string;
}

/** Stands in a path for every item of an array, or every value of a record. */
export const each = Symbol('each');
export type Path = readonly (string | typeof each)[];

/** A {@link PersonalField} with all that is needed to find its values and to replace them. */
export interface PersonalFieldPlan extends PersonalField {
  readonly path: Path;
  /** Where the subject's name is; undefined for the stream's id. Its wildcards are those at the start of `path`. */
  readonly subjectPath: Path | undefined;
  readonly forgotten: unknown;
}

type Schema = z.core.$ZodType;

/** An object around the place that is looked at. */
interface Scope {
  readonly path: Path;
  readonly shape: Readonly<Record<string, Schema>>;
}

/** As much of zod's definitions as tells what a schema is made of. */
interface Def {
  readonly type: string;
  readonly shape: Readonly<Record<string, Schema>>;
  readonly catchall?: Schema;
  readonly element: Schema;
  readonly valueType: Schema;
  readonly innerType: Schema;
  readonly getter?: () => Schema;
}

const wrappers = new Set(['optional', 'nullable', 'default', 'prefault', 'nonoptional', 'catch', 'readonly']);
const plans = new WeakMap<Schema, readonly PersonalFieldPlan[]>();

/**
 * The fields of a schema that are marked as personal, in objects, arrays and records at any depth.
 *
 * @throws {RegistrationError} for a mark that could not be honoured for every value of the schema: inside a union,
 * tuple, intersection, recursive or other schema, or without a property that names the subject.
 */
export function personalFieldsOf(schema: Schema): readonly PersonalFieldPlan[] {
  const known = plans.get(schema);
  if (known) return known;
  const found: PersonalFieldPlan[] = [];
  collect(schema, { path: [], scopes: [], around: [] }, found);
  plans.set(schema, found);
  return found;
}

interface Place {
  readonly path: Path;
  readonly scopes: readonly Scope[];
  /** The schemas on the way down: one that comes again is recursive. */
  readonly around: readonly Schema[];
}

function collect(schema: Schema, place: Place, found: PersonalFieldPlan[]): void {
  const { path, scopes } = place;
  const mark = personalMark(schema);
  if (mark) {
    if (path.length === 0) fail('the whole of the data is marked as personal: mark its fields');
    const subjectPath = mark.of === '$stream' ? undefined : resolveSubject(mark.of, place);
    const subject = !subjectPath || subjectPath.length === 1 ? mark.of : patternOf(subjectPath);
    found.push({ pointer: patternOf(path), subject, path, subjectPath, forgotten: mark.forgotten });
    for (const part of partsOf(schema)) refuseMarks(part, path, 'inside another personal field');
    return;
  }
  if (place.around.includes(schema)) return refuseMarks(schema, path, 'in a recursive schema');
  const def = defOf(schema);
  const below = (part: Schema, ...steps: Path): void =>
    collect(part, { ...place, path: [...path, ...steps], around: [...place.around, schema] }, found);
  if (wrappers.has(def.type)) return below(def.innerType);
  if (def.type === 'array') return below(def.element, each);
  if (def.type === 'record') return below(def.valueType, each);
  if (def.type !== 'object') {
    for (const part of partsOf(schema)) refuseMarks(part, path, `in a schema of type ${def.type}`);
    return;
  }
  const { shape, catchall } = def;
  if (catchall) refuseMarks(catchall, path, 'where keys are not named');
  const inside = { scopes: [...scopes, { path, shape }], around: [...place.around, schema] };
  for (const [key, part] of Object.entries(shape)) collect(part, { ...inside, path: [...path, key] }, found);
}

/** The nearest property of that name. It must always be there, in clear. */
function resolveSubject(name: string, { path, scopes }: Place): Path {
  const scope = scopes.findLast(({ shape }) => Object.hasOwn(shape, name));
  const field = `the personal field ${patternOf(path)}`;
  if (!scope) return fail(`${field} is of ${name}, which no object around it has`);
  let schema = scope.shape[name] as Schema;
  if (personalMark(schema)) fail(`${field} is of ${name}, which is personal itself`);
  while (defOf(schema).type === 'readonly') schema = defOf(schema).innerType;
  if (defOf(schema).type !== 'string')
    fail(`${field} is of ${name}, which must be a string and always there`);
  return [...scope.path, name];
}

function refuseMarks(schema: Schema, path: Path, where: string, seen = new Set<Schema>()): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  if (personalMark(schema)) fail(`a field at or below ${patternOf(path) || '/'} is personal ${where}`);
  for (const part of partsOf(schema)) refuseMarks(part, path, where, seen);
}

/** Every schema that a schema is made of, whatever its kind. */
function partsOf(schema: Schema): Schema[] {
  const def = defOf(schema);
  const held: unknown[] = [...Object.values(def), def.getter?.()];
  const lists = held.map((value) => (value && typeof value === 'object' ? Object.values(value) : []));
  return [held, ...lists]
    .flat()
    .filter((value): value is Schema => typeof value === 'object' && value !== null && '_zod' in value);
}

function defOf(schema: Schema): Def {
  return schema._zod.def as unknown as Def;
}

function patternOf(path: Path): string {
  return pointerOf(path.map((step) => (step === each ? '*' : step)));
}

function fail(reason: string): never {
  throw new RegistrationError(`A schema cannot keep what it marks as personal: ${reason}`);
}
