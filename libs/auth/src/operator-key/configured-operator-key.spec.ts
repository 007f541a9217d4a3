import { randomBytes } from 'node:crypto';
import { hashKeyText } from '../api-key/key-text.js';
import { ConfiguredOperatorKey } from './configured-operator-key.js';
import { OperatorKeyWeak } from './operator-key.errors.js';

describe('The configured operator key', () => {
  it.each(['hex', 'base64', 'base64url'] as const)('may be 32 random bytes in %s', (encoding) => {
    for (let round = 0; round < 200; round += 1) {
      const operatorKey = randomBytes(32).toString(encoding);
      const key = new ConfiguredOperatorKey({ operatorKey });
      expect(key.addressOf(hashKeyText(operatorKey))).toBe(key.address);
      expect(key.addressOf(hashKeyText(`${operatorKey}0`))).toBeUndefined();
    }
  });

  it.each([
    ['short', 'Xk3vQ9zL0aB7dE2fG5hJ8kM1nP4rS6t'],
    ['one character over and over', 'a'.repeat(64)],
    ['one word over and over', 'password'.repeat(4)],
    ['what no header may carry', `${'0123456789abcdef'.repeat(4)} `],
    ['empty', ''],
    ['endless', '0123456789abcdef'.repeat(100)],
  ])('is refused when it is %s, without being repeated', (_what, operatorKey) => {
    expect(() => new ConfiguredOperatorKey({ operatorKey })).toThrow(OperatorKeyWeak);
    expect(() => new ConfiguredOperatorKey({ operatorKey })).not.toThrow(operatorKey || 'undefined');
  });

  it('need not be', () => {
    const key = new ConfiguredOperatorKey({});
    expect(key.hash).toBeUndefined();
    expect(key.addressOf(hashKeyText('undefined'))).toBeUndefined();
  });
});
