import { RegistrationError } from '../event-store.errors.js';
import type { EventDefinition } from './event-definition.js';
import type { KnownEvent, StreamEvents } from './stream-events.js';

/**
 * Sees to it that whatever may be stored has a way to current events.
 *
 * @throws {RegistrationError} for a step to an event that is not listed, for steps that lead back to where they came
 * from, and for a version that was left out.
 */
export function checkUpcasters(stream: StreamEvents): void {
  const events = stream.events();
  const byKey = new Map(events.map((event) => [keyOf(event.definition), event]));
  for (const event of events) follow(event, []);
  for (const [type, versions] of Map.groupBy(events, ({ definition }) => definition.type)) {
    const listed = new Set(versions.map(({ definition }) => definition.version));
    for (let version = 1; version < Math.max(...listed); version += 1)
      if (!listed.has(version))
        fail(
          `lists ${keyOf({ type, version: Math.max(...listed) })} but no upcaster from version ${version}`,
        );
  }

  function follow({ definition, upcaster }: KnownEvent, path: readonly string[]): void {
    const key = keyOf(definition);
    if (path.includes(key)) fail(`upcasts in a circle: ${[...path, key].join(' → ')}`);
    for (const target of upcaster?.targets ?? []) {
      const next = target && byKey.get(keyOf(target));
      if (!next)
        fail(
          `upcasts ${key} to ${keyOf(target ?? {})}, which is neither listed in events nor upcast further`,
        );
      follow(next, [...path, key]);
    }
  }

  function fail(reason: string): never {
    throw new RegistrationError(`${stream.aggregate} ${reason}`);
  }
}

function keyOf({ type, version }: Partial<EventDefinition>): string {
  return `${type} version ${version}`;
}
