import { Condition, covers, resolveCondition } from './condition.js';

const ada = { id: 'ada', department: 'Engines' };

describe('A condition', () => {
  it('has values of its own, and those of the user who asks', () => {
    const condition = Condition.parse({
      ownerId: { user: 'id' },
      department: { user: 'department' },
      status: { in: ['open', 'paid'] },
      urgent: { equals: true },
    });
    expect(resolveCondition(condition, ada)).toEqual({
      ownerId: ['ada'],
      department: ['Engines'],
      status: ['open', 'paid'],
      urgent: [true],
    });
  });

  it('is met by nothing for a user who lacks what it compares with', () => {
    const condition: Condition = { department: { user: 'department' } };
    expect(resolveCondition(condition, { id: 'ada', department: null })).toBeUndefined();
    const key = { id: null, department: null };
    expect(resolveCondition({ ownerId: { user: 'id' } }, key)).toBeUndefined();
  });

  it.each([
    [{}],
    [{ department: 'Sales' }],
    [{ department: { equals: null } }],
    [{ department: { user: 'email' } }],
    [{ department: { equals: 'Sales', in: ['HR'] } }],
    [{ department: { in: [] } }],
    [{ 'department; drop table': { equals: 'Sales' } }],
    [JSON.parse('{ "__proto__": { "equals": "Sales" } }')],
    [{ $or: { equals: 'Sales' } }],
    [{ constructor: { equals: 'Sales' } }],
    [Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`a${index}`, { equals: 1 }]))],
  ])('cannot be %j', (condition) => {
    expect(Condition.safeParse(condition).success).toBe(false);
  });

  it('covers another one that leaves no other objects, whoever asks', () => {
    const held = { department: ['Sales', 'HR'] };
    expect(covers(held, { department: { equals: 'Sales' } })).toBe(true);
    expect(covers(held, { department: { in: ['HR', 'Sales'] }, status: { equals: 'open' } })).toBe(true);
    expect(covers(held, { department: { in: ['HR', 'Board'] } })).toBe(false);
    expect(covers(held, { status: { equals: 'open' } })).toBe(false);
    expect(covers({ ...held, status: ['open'] }, { department: { equals: 'Sales' } })).toBe(false);
    // For another user, who gets the role, it is another department.
    expect(covers(held, { department: { user: 'department' } })).toBe(false);
  });
});
