import type { EventDefinition, RecordedEvent } from '@acci/event-store';
import { ProcessFault } from '../reaction/reactions.errors.js';

// What is too short to tell anything would be found everywhere.
const shortest = 3;

/**
 * What a process keeps is in clear, and nobody would find it there when a person is forgotten: so no value of a personal
 * field gets into it, whatever the handler does. Commands read such values where they need them.
 *
 * @param kept the state, and what goes with commands and timers.
 * @throws {ProcessFault}
 */
export function refusePersonalValues(
  process: string,
  definitions: readonly EventDefinition[],
  event: RecordedEvent,
  kept: unknown,
): void {
  const { personal } = definitions.find(({ type }) => type === event.type) ?? { personal: [] };
  if (personal.length === 0) return;
  const clear: unknown = structuredClone(event.data);
  const taken = personal.flatMap(({ pointer }) => takeOut(clear, stepsOf(pointer)));
  // What the event also says in clear, such as an id that is somebody's name, is no secret.
  const secrets = new Set(taken.flatMap(textsIn));
  for (const text of [...textsIn(clear), event.streamId]) secrets.delete(text);
  const found = textsIn(kept).some((text) =>
    [...secrets].some((secret) => secret.length >= shortest && text.includes(secret)),
  );
  if (found)
    throw new ProcessFault(
      `${process} would keep a personal value of ${event.type} in clear: keep an id instead`,
    );
}

function stepsOf(pointer: string): string[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Removes the values at a path from some data, and returns them. `*` is every item of an array or value of a record. */
function takeOut(at: unknown, [step, ...rest]: readonly string[]): unknown[] {
  if (typeof at !== 'object' || at === null || step === undefined) return [];
  const holder = at as Record<string, unknown>;
  return (step === '*' ? Object.keys(holder) : [step]).flatMap((key) => {
    const value = holder[key];
    if (rest.length > 0) return takeOut(value, rest);
    delete holder[key];
    return [value];
  });
}

function textsIn(data: unknown): string[] {
  const texts: string[] = [];
  JSON.stringify(data, (_, value: unknown) => {
    if (typeof value === 'string') texts.push(value);
    return value;
  });
  return texts;
}
