import { z } from 'zod';
import { Account, AccountOpened, accountEvents } from '../fixtures/account.js';
import { Aggregate, type AggregateClass } from '../aggregate/aggregate.js';
import {
  RegistrationError,
  UnknownEventType,
  UnknownEventVersion,
  UnregisteredAggregate,
} from '../event-store.errors.js';
import { defineEvent, type EventDefinition } from './event-definition.js';
import { EventRegistry } from './event-registry.js';

const schema = z.object({});
const Started = defineEvent({ type: 'test.job.started', version: 1, schema });
const StartedAgain = defineEvent({ type: 'test.job.started', version: 2, schema });

/** An aggregate class with these declarations, however wrong they are. */
function declared(streamType: string | undefined, events: readonly unknown[] | undefined): AggregateClass {
  class Job extends Aggregate {
    static readonly streamType = streamType as string;
    static readonly events = events as readonly EventDefinition[];
    protected apply(): void {}
  }
  return Job;
}

describe('EventRegistry', () => {
  it('knows what was registered, once, however often', () => {
    const registry = new EventRegistry();
    registry.register(Account);
    registry.register(Account);
    registry.register(declared('test.job', [Started, StartedAgain]));
    expect(registry.definitions()).toEqual([...accountEvents, Started, StartedAgain]);
    expect(registry.eventsOf(Account).definition('bank.account.opened', 1)).toBe(AccountOpened);
  });

  it('tells an unknown event from one of an unknown version', () => {
    const registry = new EventRegistry();
    registry.register(Account);
    const stream = registry.eventsOf(Account);
    expect(() => stream.definition('bank.account.robbed', 1)).toThrow(UnknownEventType);
    expect(() => stream.definition('bank.account.opened', 2)).toThrow(UnknownEventVersion);
    expect(() => registry.eventsOf(declared('test.job', [Started]))).toThrow(UnregisteredAggregate);
  });

  it.each([
    ['no stream type', declared(undefined, [Started]), /Job needs a streamType/],
    ['a stream type without area', declared('job', [Started]), /Job needs a streamType/],
    ['no events', declared('test.job', []), /Job lists no events/],
    ['events left out', declared('test.job', undefined), /Job lists no events/],
    [
      'an event that is undefined, as a require cycle leaves it',
      declared('test.job', [undefined]),
      /needs a type/,
    ],
    [
      'an event without schema',
      declared('test.job', [{ ...Started, schema: undefined }]),
      /test\.job\.started of Job has no schema/,
    ],
    ['a version of zero', declared('test.job', [{ ...Started, version: 0 }]), /needs a version from 1/],
    ['one version twice', declared('test.job', [Started, { ...Started }]), /listed twice in version 1/],
    ['the same definition twice', declared('test.job', [Started, Started]), /listed twice in version 1/],
    [
      'a type that is no name',
      declared('test.job', [{ ...Started, type: 'JobStarted' }]),
      /needs a type such as/,
    ],
    [
      'a date in the schema',
      declared('test.job', [{ ...Started, schema: z.object({ at: z.date() }) }]),
      /not JSON/,
    ],
    [
      'a transformation',
      declared('test.job', [{ ...Started, schema: z.string().transform(Number) }]),
      /not JSON/,
    ],
    ['a stream type in use', declared('bank.account', [Started]), /Job and Account have the same streamType/],
    ["another aggregate's event", declared('test.job', [AccountOpened]), /belongs to Account already/],
  ])('refuses %s', (_, aggregate, message) => {
    const registry = new EventRegistry();
    registry.register(Account);
    expect(() => registry.register(aggregate)).toThrow(RegistrationError);
    expect(() => registry.register(aggregate)).toThrow(message);
  });
});
