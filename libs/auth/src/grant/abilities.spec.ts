import { Abilities } from './abilities.js';
import type { Granted } from './grants.js';

const abilities = new Abilities();
const read = 'shop.orders.read';
const columns = { ownerId: 'o.owner_id', department: 'o.department' };

function under(...conditions: Record<string, string[]>[]): Granted {
  const permissions = new Set([read]);
  return { permissions: new Set(), conditional: conditions.map((condition) => ({ permissions, condition })) };
}

describe('Somebody', () => {
  it('who holds a permission may use it on everything', () => {
    const owner: Granted = { permissions: new Set(['shop.*']) };
    expect(abilities.can(owner, read, {})).toBe(true);
    expect(abilities.filterFor(owner, read, columns)).toMatchObject({ text: 'true', values: [] });
  });

  it('who does not hold it may use it on nothing', () => {
    const other = under({ department: ['Sales'] });
    expect(abilities.can(other, 'shop.orders.delete', { department: 'Sales' })).toBe(false);
    expect(abilities.filterFor(other, 'shop.orders.delete', columns)).toMatchObject({ text: 'false' });
    expect(abilities.can({ permissions: new Set() }, read, {})).toBe(false);
  });

  it('who holds it under a condition may use it on what the condition leaves', () => {
    const seller = under({ department: ['Sales'], ownerId: ['ada', 'bob'] });
    expect(abilities.can(seller, read, { department: 'Sales', ownerId: 'bob' })).toBe(true);
    expect(abilities.can(seller, read, { department: 'Sales', ownerId: 'eve' })).toBe(false);
    expect(abilities.can(seller, read, { ownerId: 'bob' })).toBe(false);
    expect(abilities.can(seller, read, { department: null, ownerId: 'bob' })).toBe(false);
    const filter = abilities.filterFor(seller, read, columns);
    expect(filter.sql(2)).toBe(
      '((o.department)::text = any ($2::text[]) and (o.owner_id)::text = any ($3::text[]))',
    );
    expect(filter.values).toEqual([['Sales'], ['ada', 'bob']]);
  });

  it('who holds it twice may use it on what either leaves', () => {
    const twice = under({ department: ['Sales'] }, { ownerId: ['ada'] });
    expect(abilities.can(twice, read, { department: 'HR', ownerId: 'ada' })).toBe(true);
    expect(abilities.can(twice, read, { department: 'HR', ownerId: 'bob' })).toBe(false);
    const filter = abilities.filterFor(twice, read, columns);
    expect(filter.sql(1)).toMatch(/^\(.* = any \(\$1::text\[\]\) or .* = any \(\$2::text\[\]\)\)$/);
    expect(new Set(filter.values.flat())).toEqual(new Set(['Sales', 'ada']));
  });

  it('sees no row by a test of what is no column', () => {
    const secretive = under({ salary: ['1'] }, { department: ['Sales'] });
    const filter = abilities.filterFor(secretive, read, columns);
    expect(filter.values).toEqual([['Sales']]);
    expect(abilities.filterFor(under({ constructor: ['x'] }), read, columns).text).toBe('false');
  });

  it('is judged the same in memory as in SQL, where all is compared as text', () => {
    const condition = { size: [1, true, 'x'] };
    const grants: Granted = {
      permissions: new Set(),
      conditional: [{ permissions: new Set([read]), condition }],
    };
    for (const size of [1, '1', true, 'true', 'x']) expect(abilities.can(grants, read, { size })).toBe(true);
    for (const size of [2, null, undefined, ['x'], { $in: ['x'] }])
      expect(abilities.can(grants, read, { size })).toBe(false);
    expect(abilities.filterFor(grants, read, { size: 'size' }).values).toEqual([['1', 'true', 'x']]);
  });

  it('cannot bring SQL in with a value', () => {
    const value = `x') or true --`;
    const filter = abilities.filterFor(under({ department: [value] }), read, columns);
    expect(filter.text).not.toContain(value);
    expect(filter.values).toEqual([[value]]);
  });
});
