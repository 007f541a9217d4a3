import { z } from 'zod';
import { defineEvent } from '../event/event-definition.js';
import { RegistrationError } from '../event-store.errors.js';
import { personal } from './personal.js';
import { personalFieldsOf } from './personal-fields.js';
import { personalValues } from './personal-values.js';

const secret = personal(z.string(), { of: 'id', forgotten: 'gone' });
const pointers = (schema: z.ZodType) =>
  personalFieldsOf(schema).map(({ pointer, subject }) => [pointer, subject]);

describe('personal fields of a schema', () => {
  it('are found wherever they are, with whose they are', () => {
    const schema = z.object({
      id: z.uuid(),
      a: secret.optional(),
      b: secret.nullable().default(null),
      deep: z.object({ 'x/y': secret, id: z.string() }).optional(),
      list: z.array(z.object({ c: secret.readonly() })),
      people: z.record(z.string(), z.object({ id: z.string(), tags: z.array(secret) })),
      own: personal(z.boolean(), { of: '$stream', forgotten: false }),
    });
    expect(pointers(schema)).toEqual([
      ['/a', 'id'],
      ['/b', 'id'],
      ['/deep/x~1y', '/deep/id'],
      ['/list/*/c', 'id'],
      ['/people/*/tags/*', '/people/*/id'],
      ['/own', '$stream'],
    ]);
    expect(defineEvent({ type: 'a.b.c', version: 1, schema }).personal).toContainEqual({
      pointer: '/deep/x~1y',
      subject: '/deep/id',
    });
  });

  it('stay marked when the schema is refined or described, and leave the original as it was', () => {
    const plain = z.string();
    const marked = personal(plain, { of: '$stream', forgotten: 'gone' });
    const refined = marked
      .min(2)
      .describe('a name')
      .refine((text) => text !== 'x');
    expect(pointers(z.object({ plain, refined }))).toEqual([['/refined', '$stream']]);
  });

  it.each([
    ['a subject that is not there', z.object({ a: secret })],
    ['a subject that may be left out', z.object({ id: z.string().optional(), a: secret })],
    ['a subject that is no text', z.object({ id: z.int(), a: secret })],
    [
      'a subject that is personal',
      z.object({ id: personal(z.string(), { of: '$stream', forgotten: '' }), a: secret }),
    ],
    ['the whole of the data', personal(z.object({}), { of: '$stream', forgotten: {} })],
    [
      'a field of a personal field',
      z.object({ id: z.string(), a: personal(z.object({ b: secret }), { of: 'id', forgotten: { b: '' } }) }),
    ],
    ['a union', z.object({ id: z.string(), a: z.union([secret, z.int()]) })],
    [
      'a discriminated union',
      z.object({ id: z.string(), a: z.discriminatedUnion('k', [z.object({ k: z.literal(1), s: secret })]) }),
    ],
    ['a tuple', z.object({ id: z.string(), a: z.tuple([secret]) })],
    [
      'an intersection',
      z.object({ id: z.string(), a: z.intersection(z.object({ s: secret }), z.object({})) }),
    ],
    ['keys that are not named', z.object({ id: z.string() }).catchall(secret)],
    ['something lazy', z.object({ id: z.string(), a: z.lazy(() => secret) })],
  ])('are refused in %s', (_, schema) => {
    expect(() => personalFieldsOf(schema)).toThrow(RegistrationError);
  });

  it('are refused in a recursive schema, where they would be found at its first level only', () => {
    const tree = z.object({
      id: z.string(),
      name: secret,
      get children() {
        return z.array(tree);
      },
    });
    expect(() => personalFieldsOf(tree)).toThrow(/recursive/);
    const harmless = z.object({
      name: z.string(),
      get children() {
        return z.array(harmless);
      },
    });
    expect(personalFieldsOf(harmless)).toEqual([]);
  });

  it('need a replacement that fits', () => {
    expect(() => personal(z.email(), { of: '$stream', forgotten: 'nobody' })).toThrow(RegistrationError);
  });
});

describe('personal values of some data', () => {
  it('are each at its place, with its own subject', () => {
    const schema = z.object({
      guests: z.array(
        z.object({ id: z.string(), name: secret.optional(), tags: z.record(z.string(), secret) }),
      ),
    });
    const data = {
      guests: [
        { id: 'bob', name: 'Bob', tags: { 'a~/b': 'x', __proto__: null } },
        { id: 'eve', tags: {} },
      ],
    };
    const values = personalValues(personalFieldsOf(schema), data, 'stream');
    expect(values.map(({ pointer, subject, holder, key }) => [pointer, subject, holder[key]])).toEqual([
      ['/guests/0/name', 'bob', 'Bob'],
      ['/guests/0/tags/a~0~1b', 'bob', 'x'],
    ]);
  });
});
