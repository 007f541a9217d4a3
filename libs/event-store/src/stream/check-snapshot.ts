import { z } from 'zod';
import type { AggregateClass } from '../aggregate/aggregate.js';
import { RegistrationError } from '../event-store.errors.js';
import { personalFieldsOf } from '../personal-data/personal-fields.js';

/** @throws {RegistrationError} for a snapshot that is declared wrongly. */
export function checkSnapshot(type: AggregateClass): void {
  const { name, snapshot } = type;
  if (!snapshot) return;
  const { every, version, schema } = snapshot;
  if (!Number.isSafeInteger(every) || every < 1)
    fail(`${name} must take a snapshot every so many events, from 1, not ${every}`);
  if (!Number.isSafeInteger(version) || version < 1)
    fail(`The snapshot of ${name} needs a version from 1, not ${version}`);
  if (typeof snapshot.take !== 'function' || typeof snapshot.restore !== 'function')
    fail(`The snapshot of ${name} must be able to take and to restore`);
  if (typeof schema?.safeParse !== 'function') fail(`The snapshot of ${name} has no schema`);
  try {
    z.toJSONSchema(schema);
  } catch (error) {
    fail(`The snapshot of ${name} has a schema whose state is not JSON: ${String(error)}`);
  }
  // It would keep in clear what the events encrypt.
  if (snapshot.personal !== 'none' && hasPersonalEvents(type) && personalFieldsOf(schema).length === 0)
    fail(
      `${name} has personal events: mark what its snapshot keeps of them, or say that it is { personal: 'none' }`,
    );
}

function hasPersonalEvents({ events, upcasters = [] }: AggregateClass): boolean {
  return [...events, ...upcasters.map(({ from }) => from)].some((event) => event?.personal?.length > 0);
}

function fail(reason: string): never {
  throw new RegistrationError(reason);
}
