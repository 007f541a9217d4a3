import { z } from 'zod';
import { EventInvalid, EventTooLarge, UnstorableData } from '../event-store.errors.js';
import { defineEvent } from './event-definition.js';
import { defaultLimits, encodeData } from './event-encoder.js';

const Anything = defineEvent({ type: 'test.thing.happened', version: 1, schema: z.any() });
const Strict = defineEvent({
  type: 'test.thing.named',
  version: 1,
  schema: z.object({ name: z.string().max(5), tags: z.array(z.object({ 'a/b': z.int() })).optional() }),
});

const encode = (data: unknown, limits = defaultLimits) =>
  encodeData(Anything, { ...Anything.of(data) }, limits);
const nested = (depth: number): unknown => (depth === 0 ? 1 : { in: nested(depth - 1) });

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('event data', () => {
  it('comes back as the schema returned it, without what the schema does not name', () => {
    const surprised = { name: 'Ada', surprise: 1 };
    expect(encodeData(Strict, Strict.of(surprised), defaultLimits)).toEqual({
      data: { name: 'Ada' },
      json: '{"name":"Ada"}',
    });
  });

  it('that does not fit the schema is refused, with pointers', () => {
    const event = { ...Strict.of({ name: 'Augusta' }), data: { name: 'Augusta', tags: [{ 'a/b': 'x' }] } };
    const error = thrownBy(() => encodeData(Strict, event, defaultLimits));
    expect(error).toBeInstanceOf(EventInvalid);
    expect(error).toMatchObject({
      code: 'event_store.event.invalid',
      kind: 'invalid',
      errors: [{ pointer: '/name' }, { pointer: '/tags/0/a~1b' }],
    });
  });

  it.each([
    ['not_json', undefined, ''],
    ['not_json', { at: new Date(0) }, '/at'],
    ['not_json', [1, Number.NaN], '/1'],
    ['not_json', { big: 1n }, '/big'],
    ['not_json', { run: () => 1 }, '/run'],
    ['not_json', { map: new Map() }, '/map'],
    ['too_deep', nested(33), '/in'.repeat(32)],
    ['invalid_text', { name: 'a\0b' }, '/name'],
    ['invalid_text', { name: 'half \ud83d' }, '/name'],
    ['invalid_text', { 'k\0': 1 }, ''],
    ['unsafe_key', JSON.parse('{"a":{"__proto__":{"admin":true}}}'), '/a'],
  ])('%s: refused', (reason, data, pointer) => {
    const error = thrownBy(() => encode(data));
    expect(error).toBeInstanceOf(UnstorableData);
    expect(error).toMatchObject({
      code: `event_store.data.${reason}`,
      kind: 'invalid',
      errors: [{ pointer }],
    });
  });

  it('that refers to itself is refused as too deep', () => {
    const data: Record<string, unknown> = {};
    data['self'] = data;
    expect(thrownBy(() => encode(data))).toMatchObject({ code: 'event_store.data.too_deep' });
  });

  it('is allowed up to the limits', () => {
    expect(encode(nested(32)).json).toContain('"in"');
    expect(
      encode({ text: 'emoji 😀, "quotes", \\ and \u0001', none: null, left: undefined }).json,
    ).not.toContain('left');
  });

  it('is measured in bytes, not in characters', () => {
    const limits = { ...defaultLimits, maxEventBytes: 8 };
    expect(encode('ab€', limits).json).toBe('"ab€"');
    const error = thrownBy(() => encode('abc€€', limits));
    expect(error).toBeInstanceOf(EventTooLarge);
    expect(error).toMatchObject({
      code: 'event_store.event.too_large',
      kind: 'too_large',
      details: { bytes: 11, maxBytes: 8 },
    });
  });
});
