import { z } from 'zod';
import { Aggregate } from '../aggregate/aggregate.js';
import { compareWithLock, explainLock, lockEvents, type EventLock } from './schema-lock.js';
import { defineEvent, type EventDefinition, type PersonalField } from './event-definition.js';
import { EventRegistry } from './event-registry.js';
import { upcast } from './upcaster.js';

const name = z.string().max(200);
const opened = (schema: z.ZodType, version = 1) => defineEvent({ type: 'test.door.opened', version, schema });
const Opened = opened(z.object({ by: name, at: z.string().optional() }));
const Closed = defineEvent({ type: 'test.door.closed', version: 1, schema: z.object({}) });

function registryOf(...definitions: readonly EventDefinition[]): EventRegistry {
  class Door extends Aggregate {
    static readonly streamType = 'test.door';
    static readonly events = definitions;
    protected apply(): void {}
  }
  const registry = new EventRegistry();
  registry.register(Door);
  return registry;
}

/** As a file keeps it. */
const lockOf = (registry: EventRegistry): EventLock =>
  JSON.parse(JSON.stringify(lockEvents(registry))) as EventLock;

describe('a lock of events', () => {
  const lock = lockOf(registryOf(Opened, Closed));

  it('holds every version, in order, and nothing differs from it', () => {
    expect(Object.keys(lock)).toEqual(['test.door.closed@1', 'test.door.opened@1']);
    expect(lock['test.door.closed@1']).toEqual({
      schema: { type: 'object', properties: {}, additionalProperties: false },
    });
    expect(compareWithLock(registryOf(Opened, Closed), lock)).toEqual([]);
    expect(explainLock([])).toBe('');
  });

  it('holds the versions that are only read any more', () => {
    const Next = opened(z.object({ by: name }), 2);
    class Door extends Aggregate {
      static readonly streamType = 'test.door';
      static readonly events = [Next, Closed];
      static readonly upcasters = [upcast(Opened).to(Next, (data) => data)];
      protected apply(): void {}
    }
    const registry = new EventRegistry();
    registry.register(Door);
    expect(compareWithLock(registry, lock)).toEqual([
      { event: 'test.door.opened@2', kind: 'new', lines: [] },
    ]);
    expect(Object.keys(lockEvents(registry, lock))).toEqual([
      'test.door.closed@1',
      'test.door.opened@1',
      'test.door.opened@2',
    ]);
  });

  it('sorts versions as numbers', () => {
    const versions = Array.from({ length: 11 }, (_, index) => opened(z.object({}), index + 1));
    expect(Object.keys(lockEvents(registryOf(...versions))).at(-1)).toBe('test.door.opened@11');
  });

  it('shows what changed, and names the way out', () => {
    const changed = registryOf(opened(z.object({ by: z.string().max(100), why: z.string() })), Closed);
    const differences = compareWithLock(changed, lock);
    expect(differences).toEqual([
      {
        event: 'test.door.opened@1',
        kind: 'changed',
        lines: [
          '- /properties/at/type: "string"',
          '- /properties/by/maxLength: 200',
          '+ /properties/by/maxLength: 100',
          '+ /properties/why/type: "string"',
          '- /required: ["by"]',
          '+ /required: ["by","why"]',
        ],
      },
    ]);
    const text = explainLock(differences);
    expect(text).toContain('test.door.opened@1 has changed');
    expect(text).toContain('- /properties/by/maxLength: 200');
    expect(text).toContain('as the next version, and list an upcaster to it');
    expect(text).toContain('npm run events:lock -- --accept test.door.opened@1');
  });

  it('shows what is gone and what is new', () => {
    expect(compareWithLock(registryOf(Closed), lock)).toEqual([
      { event: 'test.door.opened@1', kind: 'gone', lines: [] },
    ]);
    const differences = compareWithLock(registryOf(Opened), {});
    expect(differences).toEqual([{ event: 'test.door.opened@1', kind: 'new', lines: [] }]);
    expect(explainLock(differences, 'make lock')).toBe(
      'Not locked yet: test.door.opened@1\n  Lock with: make lock',
    );
  });

  it('does not mind what says nothing about data', () => {
    const same = z.object({
      at: z.string().optional(),
      by: name.describe('who').meta({ examples: ['Ada'] }),
    });
    expect(compareWithLock(registryOf(opened(same.describe('a door')), Closed), lock)).toEqual([]);
    // Such words are names here, of what is data.
    const named = registryOf(opened(z.object({ title: z.string(), description: z.string() })), Closed);
    expect(compareWithLock(registryOf(opened(z.object({})), Closed), lockOf(named))[0]?.lines).toEqual(
      expect.arrayContaining(['- /properties/title/type: "string"']),
    );
  });

  it('minds what is personal', () => {
    const personal: PersonalField[] = [{ pointer: '/by', subject: '$stream' }];
    const secret = registryOf({ ...Opened, personal }, Closed);
    expect(compareWithLock(secret, lock)[0]?.lines).toEqual(['+ personal /by of $stream']);
    expect(compareWithLock(secret, lockOf(secret))).toEqual([]);
  });

  it('changes nothing that is locked, unless that is accepted by name', () => {
    const changed = registryOf(opened(z.object({ by: z.string() })));
    expect(lockEvents(changed, lock)).toEqual(lock);
    const accepted = lockEvents(changed, lock, ['test.door.opened@1', 'test.door.closed@1']);
    expect(accepted).toEqual(lockOf(changed));
    expect(() => lockEvents(changed, lock, ['test.door.opend@1'])).toThrow(
      'There is no event test.door.opend@1',
    );
  });
});
