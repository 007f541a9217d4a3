import { PermissionPattern, permissionsOf, permits } from './permissions.js';

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
});
