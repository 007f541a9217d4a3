import { intersection, PermissionPattern, permissionsOf, permits } from './permissions.js';

describe('Permissions', () => {
  it.each([
    [['*'], 'tenancy.tenants.create', true],
    [['*'], '*', true],
    [['tenancy.tenants.create'], 'tenancy.tenants.create', true],
    [['tenancy.tenants.create'], 'tenancy.tenants.read', false],
    [['tenancy.*'], 'tenancy.tenants.create', true],
    [['tenancy.tenants.*'], 'tenancy.tenants.create', true],
    [['tenancy.*'], 'tenancy.tenants.*', true],
    [['tenancy.*'], 'tenancy.*', true],
    [['tenancy.tenants.*'], 'tenancy.*', false],
    [['tenancy.tenants.create'], 'tenancy.tenants.*', false],
    [['tenancy.*'], 'tenancy', false],
    [['ten.*'], 'tenancy.tenants.create', false],
    [['tenancy.*'], '*', false],
    [[], 'tenancy.tenants.create', false],
  ])('%j holds %s: %s', (held, permission, answer) => {
    expect(permits(permissionsOf(held), permission)).toBe(answer);
  });

  it.each(['*', 'tenancy.*', 'tenancy.tenants.create', 'auth.api_keys.*'])('may be written %s', (text) => {
    expect(PermissionPattern.safeParse(text).success).toBe(true);
  });

  it.each([
    '',
    '**',
    '*.create',
    'tenancy.*.create',
    'Tenancy',
    'tenancy.',
    '.tenancy',
    'a b',
    'a'.repeat(201),
  ])('may not be written %j', (text) => {
    expect(PermissionPattern.safeParse(text).success).toBe(false);
  });

  it.each([
    [
      ['shop.orders.*', 'shop.prices.read'],
      ['shop.orders.read', 'shop.prices.*'],
      ['shop.orders.read', 'shop.prices.read'],
    ],
    [['shop.orders.*'], ['*'], ['shop.orders.*']],
    [['*'], ['shop.orders.read'], ['shop.orders.read']],
    [['shop.orders.*'], [], []],
    [['shop.orders.read'], ['shop.prices.read'], []],
  ])('what both %j and %j allow is %j', (one, other, both) => {
    expect(intersection(permissionsOf(one), permissionsOf(other))).toEqual(new Set(both));
    expect(intersection(permissionsOf(other), permissionsOf(one))).toEqual(new Set(both));
  });

  it('what all who may do everything may is everything', () => {
    expect(intersection('*', '*')).toBe('*');
  });
});
