import { pointerOf } from '../event/json-pointer.js';
import { each, type Path, type PersonalFieldPlan } from './personal-fields.js';

/** One value of a personal field, where it stands in some data. */
export interface PersonalValue {
  readonly field: PersonalFieldPlan;
  /** The object or array that holds it, and under which key: assign to replace it. */
  readonly holder: Record<string, unknown>;
  readonly key: string;
  /** JSON pointer to exactly this value. */
  readonly pointer: string;
  /** Whose it is. */
  readonly subject: string;
}

/**
 * Every value that personal fields have in some data; a field that is left out has none.
 *
 * @param streamId the subject of fields that are the stream's.
 */
export function personalValues(
  fields: readonly PersonalFieldPlan[],
  data: unknown,
  streamId: string,
): PersonalValue[] {
  const found: PersonalValue[] = [];
  for (const field of fields) visit(field, data, 0, []);
  return found;

  function visit(field: PersonalFieldPlan, at: unknown, depth: number, taken: readonly string[]): void {
    if (typeof at !== 'object' || at === null) return;
    const holder = at as Record<string, unknown>;
    const step = field.path[depth] as Path[number];
    for (const key of step === each ? Object.keys(holder) : [step]) {
      if (!Object.hasOwn(holder, key) || holder[key] === undefined) continue;
      const path = [...taken, key];
      if (depth < field.path.length - 1) visit(field, holder[key], depth + 1, path);
      else found.push({ field, holder, key, pointer: pointerOf(path), subject: subjectOf(field, path) });
    }
  }

  function subjectOf({ subjectPath }: PersonalFieldPlan, path: readonly string[]): string {
    if (!subjectPath) return streamId;
    let at: unknown = data;
    // A wildcard on the way to the subject is the very item on the way to the value.
    for (const [depth, step] of subjectPath.entries())
      at = (at as Record<string, unknown>)[step === each ? (path[depth] as string) : step];
    return String(at);
  }
}
