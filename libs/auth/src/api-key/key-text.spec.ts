import { uuidv7 } from '@acci/database';
import { hashKeyText, keyPrefix, newKeyText, parseKeyText } from './key-text.js';

describe('The text of a key', () => {
  const address = { tenantId: '00000000-0000-7000-8000-000000000000', keyId: uuidv7() };

  it('leads back to the key and its tenant', () => {
    for (const tenantId of [address.tenantId, uuidv7(), 'ffffffff-ffff-4fff-bfff-ffffffffffff']) {
      expect(parseKeyText(newKeyText({ tenantId, keyId: address.keyId }))).toEqual({ ...address, tenantId });
    }
  });

  it('has one shape, so that a scanner can find leaked ones', () => {
    const texts = Array.from({ length: 200 }, () => newKeyText(address));
    for (const text of texts)
      expect(text).toMatch(/^acci(_[0-9A-Za-z]{22}){2}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    expect(new Set(texts).size).toBe(200);
    expect(texts.every((text) => text.startsWith(`${keyPrefix(address.keyId)}_`))).toBe(true);
  });

  it('is refused when any one character is another', () => {
    const text = newKeyText(address);
    for (let index = 0; index < text.length; index += 1) {
      const other = text[index] === 'A' ? 'B' : 'A';
      expect(parseKeyText(text.slice(0, index) + other + text.slice(index + 1))).toBeUndefined();
    }
  });

  it.each([
    ['nothing', ''],
    ['another scheme', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'],
    ['a cut off key', newKeyText(address).slice(0, -1)],
    ['a longer key', `${newKeyText(address)}0`],
    ['a key with a line break', `${newKeyText(address)}\n`],
    ['a key id of more than 128 bits', `acci_${'z'.repeat(22)}_${'0'.repeat(22)}_${'0'.repeat(43)}_000000`],
    ['a megabyte', 'acci_'.repeat(200_000)],
  ])('is refused for %s', (_what, text) => {
    expect(parseKeyText(text)).toBeUndefined();
  });

  it('is refused with ids that are no UUIDs, although its checksum holds', () => {
    for (const id of ['ffffffff-ffff-ffff-ffff-ffffffffffff', '00000000-0000-0000-0000-000000000000']) {
      expect(parseKeyText(newKeyText({ ...address, tenantId: id }))).toBeUndefined();
      expect(parseKeyText(newKeyText({ ...address, keyId: id }))).toBeUndefined();
    }
  });

  it('is stored as a SHA-256 hash', () => {
    expect(hashKeyText('abc').toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
