import { permits } from '../permissions/permissions.js';
import { rolesOf } from './built-in-roles.js';

const catalogue = [
  'auth.guests.assign',
  'auth.guests.read',
  'auth.me.change',
  'auth.me.read',
  'auth.permissions.read',
  'auth.roles.assign',
  'auth.roles.read',
  'auth.users.delete',
  'auth.users.read',
  'events.read',
  'projections.read',
  'shop.orders.change',
  'shop.orders.read',
  'tenancy.tenants.read',
];
const roles = rolesOf(catalogue);
const may = (role: string, permission: string) => permits(new Set(roles.get(role)), permission);

describe('The built-in role', () => {
  it('owner gives everything of the tenant, also what an app adds, and nothing of the platform', () => {
    const refused = catalogue.filter((permission) => !may('owner', permission));
    expect(refused).toEqual(['projections.read', 'tenancy.tenants.read']);
    for (const wildcard of ['auth.*', 'auth.users.*', 'shop.*']) expect(may('owner', wildcard)).toBe(true);
    for (const wildcard of ['*', 'tenancy.*']) expect(may('owner', wildcard)).toBe(false);
  });

  it('admin lacks what concerns who owns the tenant, and every wildcard over it', () => {
    const lacks = catalogue.filter((permission) => may('owner', permission) && !may('admin', permission));
    expect(lacks).toEqual(['auth.guests.assign']);
    for (const wildcard of ['auth.*', 'auth.guests.*']) expect(may('admin', wildcard)).toBe(false);
    expect(may('admin', 'auth.users.*')).toBe(true);
  });

  it('member gives oneself and what is common', () => {
    expect(catalogue.filter((permission) => may('member', permission))).toEqual([
      'auth.me.change',
      'auth.me.read',
      'auth.permissions.read',
      'auth.roles.read',
    ]);
  });

  it('auditor reads everything, and changes nobody but themselves', () => {
    const held = catalogue.filter((permission) => may('auditor', permission));
    expect(held.filter((permission) => !permission.endsWith('.read'))).toEqual(['auth.me.change']);
    expect(held).toEqual(expect.arrayContaining(['auth.users.read', 'events.read', 'shop.orders.read']));
    expect(may('auditor', 'projections.read')).toBe(false);
  });

  it('gives nothing that another role which may give it away does not hold', () => {
    for (const role of ['member', 'auditor'])
      for (const permission of roles.get(role) ?? []) expect(may('admin', permission)).toBe(true);
    for (const permission of roles.get('admin') ?? []) expect(may('owner', permission)).toBe(true);
  });
});
