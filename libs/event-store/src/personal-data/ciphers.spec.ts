import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { contextOf, isSealedValue, keyObject, newKey, openValue, sealValue } from './ciphers.js';
import { PersonalDataUnreadable } from './personal-data.errors.js';

const key = keyObject(newKey());
const place = ['tenant', 'stream', 1, 'shop.customer.registered', 1, '/email'] as const;
const context = contextOf('field', ...place);

describe('a sealed value', () => {
  it.each([['ada@example.com'], [''], [true], [null], [0], [{ a: ['ü', '\u2028'] }], ['x'.repeat(100_000)]])(
    'opens where it was sealed: %j',
    (value) => {
      const sealed = sealValue(key, value, context);
      expect(isSealedValue(sealed)).toBe(true);
      expect(openValue(key, sealed, context)).toEqual(value);
    },
  );

  it.each(place.map((_, index) => [index]))('opens nowhere else: part %i of its place', (index) => {
    const elsewhere = contextOf('field', ...place.map((part, at) => (at === index ? `${part}x` : part)));
    expect(() => openValue(key, sealValue(key, 'ada', context), elsewhere)).toThrow(PersonalDataUnreadable);
  });

  it('has a place that no other one reads as', () => {
    expect(contextOf('a', 'b,c')).not.toEqual(contextOf('a', 'b', 'c'));
    expect(contextOf('a', '1')).not.toEqual(contextOf('a', 1));
  });

  it('opens under no other key, and not if a bit of it was changed', () => {
    const sealed = sealValue(key, 'ada', context);
    expect(() => openValue(keyObject(newKey()), sealed, context)).toThrow(PersonalDataUnreadable);
    for (const at of [6, 20, 40, sealed.length - 2]) {
      const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
      expect(() => openValue(key, changed, context)).toThrow(PersonalDataUnreadable);
    }
    // A shorter tag would be easier to guess.
    for (const cut of [1, 4, 12, sealed.length - 6])
      expect(() => openValue(key, sealed.slice(0, -cut), context)).toThrow(PersonalDataUnreadable);
    for (const clear of ['ada', null, 7, {}])
      expect(() => openValue(key, clear, context)).toThrow(PersonalDataUnreadable);
  });

  it('is never the same twice, and its nonce never used again', () => {
    const nonces = Array.from({ length: 10_000 }, () => sealValue(key, 'ada', context).slice(6, 22));
    expect(new Set(nonces).size).toBe(nonces.length);
  });

  it('is padded, so that short values do not tell themselves by their length', () => {
    const lengths = [true, false, null, 'a', 'ada@example.com'].map(
      (value) => sealValue(key, value, context).length,
    );
    expect(new Set(lengths).size).toBe(1);
  });
});

describe('a key', () => {
  it('shows itself nowhere, and leaves no copy behind', () => {
    const bytes = randomBytes(32);
    const [hex, base64] = [bytes.toString('hex'), bytes.toString('base64')];
    const made = keyObject(bytes);
    for (const shown of [inspect(made, { depth: 9, showHidden: true }), JSON.stringify(made)]) {
      expect(shown).not.toContain(hex.slice(0, 8));
      expect(shown).not.toContain(base64.slice(0, 8));
    }
    expect(bytes.equals(Buffer.alloc(32))).toBe(true);
  });
});
