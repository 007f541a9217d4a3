import { permissionsOfScope } from './scope.js';
import { TokenRefused } from './token.errors.js';

const held = new Set(['shop.orders.*', 'shop.prices.read']);

describe('A scope', () => {
  it('is all that is held, if none is asked for', () => {
    expect(permissionsOfScope(undefined, held)).toEqual(['shop.orders.*', 'shop.prices.read']);
    expect(permissionsOfScope(undefined, '*')).toEqual(['*']);
  });

  it('names what is held, by name or by wildcard', () => {
    expect(permissionsOfScope('shop.prices.read shop.orders.read shop.prices.read', held)).toEqual([
      'shop.orders.read',
      'shop.prices.read',
    ]);
  });

  it.each(['shop.*', '*', 'shop.prices.change', '', 'shop.prices.read ', 'a  b', 'SHOP', 'x'.repeat(300)])(
    'is refused for %j',
    (scope) => {
      expect(() => permissionsOfScope(scope, held)).toThrow(TokenRefused);
    },
  );
});
