import { uuidv7 } from '@acci/database';
import { hashSecret, SecretText } from './secret-text.js';

// What every text must be is tested where the first kind of them is, in key-text.spec.ts.
describe('A text of a secret', () => {
  const address = { tenantId: uuidv7(), id: uuidv7() };
  const ours = new SecretText('ours');

  it('leads back to its secret and tenant, and begins as it says', () => {
    const text = ours.make(address);
    expect(ours.parse(text)).toEqual(address);
    expect(text.startsWith(`${ours.beginningOf(address.id)}_`)).toBe(true);
    expect(hashSecret(text)).toHaveLength(32);
  });

  it('is no text of another kind', () => {
    for (const prefix of ['other', 'our', 'oursx']) {
      expect(new SecretText(prefix).parse(ours.make(address))).toBeUndefined();
    }
  });
});
