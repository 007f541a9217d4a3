import { ChangeMeRequest, ChangeUserRequest, InviteUserRequest } from './user.schemas.js';

const accepts = (person: object) => InviteUserRequest.safeParse(person).success;

describe('a request about a user', () => {
  it.each([
    { email: 'Ada.Lovelace+acci@Example.com' },
    { email: 'ada@localhost' },
    { email: 'ada@xn--exmple-cua.xn--p1ai' },
    { email: 'a@b.c', userName: 'Ada_1.l-x', displayName: 'Ada', givenName: null, locale: 'de-CH' },
    { email: 'a@b.c', userName: '李小龍', displayName: 'عمر الخيام', familyName: 'O’Neill-Łódź 👩‍💻' },
  ])('takes %j', (person) => {
    expect(accepts(person)).toBe(true);
  });

  it.each([
    'no address',
    'ada@exämple.com',
    'аda@example.com',
    'ada\u200b@example.com',
    'ada@example.com\r\nBcc: x@example.com',
    '"ada" <ada@example.com>',
    'a@b@example.com',
    `${'a'.repeat(250)}@example.com`,
    'ada@example.com\0',
    '',
  ])('refuses the address %j', (email) => {
    expect(accepts({ email })).toBe(false);
  });

  it.each([
    { userName: 'ada@example.com' },
    { userName: 'a b' },
    { userName: 'ada\u200d' },
    { userName: '\u3164' },
    { userName: '../etc' },
    { userName: '' },
    { displayName: 'Ada\nBcc: x' },
    { displayName: 'Ada \u202eecilA' },
    { displayName: '\ud800' },
    { displayName: ' ' },
    { displayName: 'x'.repeat(201) },
    { locale: 'not a locale' },
    { locale: `x-${'abcdefgh-'.repeat(20)}a` },
    { department: '\0' },
    { displayName: null },
  ])('refuses the profile %j', (profile) => {
    expect(accepts({ email: 'a@b.c', ...profile })).toBe(false);
  });

  it('has names written in one way', () => {
    const person = { email: 'a@b.c', userName: 'Ａda', displayName: ' Zoe\u0308 ' };
    expect(InviteUserRequest.parse(person)).toEqual({ email: 'a@b.c', userName: 'Ada', displayName: 'Zoë' });
  });

  it('changes something, and nothing that is not for them to change', () => {
    for (const schema of [ChangeUserRequest, ChangeMeRequest]) {
      for (const change of [
        {},
        { status: 'active' },
        { email: 'a@b.c' },
        { displayName: 'x', roles: ['owner'] },
      ])
        expect(schema.safeParse(change).success).toBe(false);
    }
    expect(ChangeUserRequest.safeParse({ department: null }).success).toBe(true);
    for (const change of [{ department: 'Board' }, { userName: 'root' }])
      expect(ChangeMeRequest.safeParse(change).success).toBe(false);
  });
});
