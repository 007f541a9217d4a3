import { CredentialsInvalid } from '../auth.errors.js';
import { bearerToken } from './bearer-token.js';

describe('A Bearer header', () => {
  it.each(['Bearer abc', 'bearer abc', 'BEARER abc', 'Bearer   abc'])('%j carries abc', (header) => {
    expect(bearerToken(header)).toBe('abc');
  });

  it.each([undefined, '', 'Basic YTpi', 'Bearerabc', 'abc'])('%j is another matter', (header) => {
    expect(bearerToken(header)).toBeUndefined();
  });

  it.each([
    'Bearer',
    'Bearer ',
    'Bearer\tabc',
    'Bearer abc ',
    'Bearer a b',
    'Bearer abc, Bearer abc',
    'Bearer "abc"',
    'Bearer abc\0',
    'Bearer ä',
    'Bearer =',
    `Bearer ${'a'.repeat(600)}`,
    `Bearer ${' '.repeat(100_000)}a`,
  ])('%j is refused', (header) => {
    expect(() => bearerToken(header)).toThrow(CredentialsInvalid);
  });
});
