import { commonPasswords } from './common-passwords.js';

it('more than the 3,000 most common passwords that are long enough are known', async () => {
  const known = await commonPasswords(12);
  const usable = [...known].filter((text) => text.length >= 12 && text === text.toLowerCase());
  expect(usable.length).toBeGreaterThan(10_000);
  for (const text of ['qwerty123456', '123456123456', 'finalfantasy', '1qaz2wsx3edc4rfv'])
    expect(known.has(text)).toBe(true);
});
