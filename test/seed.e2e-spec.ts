import { demoPassword, seedDemo } from '../scripts/demo.ts';
import { ApiUnderTest } from './setup/api-under-test.js';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(() => api.close());

const streams = async () => {
  const [row] = await api.db.admin<{ count: number }>(
    `select count(distinct stream_id)::int from acci.events where stream_type <> 'auth.session'`,
  );
  return row?.count;
};

it('makes three tenants with people who can log in, once, however often it runs', async () => {
  const logins = await seedDemo(api.app);
  const made = await streams();
  expect(new Set(logins.map(({ tenant }) => tenant))).toEqual(new Set(['acme', 'acme-labs', 'globex']));
  expect((await seedDemo(api.app)).map(({ email }) => email)).toEqual(logins.map(({ email }) => email));
  expect(await streams()).toBe(made);

  for (const { tenant, email, role, token } of logins) {
    const body = JSON.stringify({ tenant, login: email, password: demoPassword });
    const login = await api.fetch('/v1/auth/login', { method: 'POST', body });
    expect({ email, status: login.status }).toEqual({ email, status: 200 });
    const headers = { authorization: `Bearer ${token}` };
    expect(await (await api.fetch('/v1/me', { headers })).json()).toMatchObject({ email });
    const users = await api.fetch('/v1/users', { headers });
    expect({ email, status: users.status }).toEqual({ email, status: role === 'member' ? 403 : 200 });
  }
});

it('has something happen, so that there is something to look at', async () => {
  const types = await api.db.admin<{ type: string }>('select distinct type from acci.events');
  expect(types.map(({ type }) => type)).toEqual(
    expect.arrayContaining([
      'auth.group.member_added',
      'auth.role.created',
      'auth.user.locked',
      'tenancy.tenant.suspended',
    ]),
  );
});

it('leaves out who cannot log in any more, as happens in a demo', async () => {
  const before = await seedDemo(api.app);
  const session = before.find(({ email }) => email === 'hedy@globex.example')?.token;
  const asOwner = { headers: { authorization: `Bearer ${session}` } };
  const found = await api.fetch('/v1/users?search=george', asOwner);
  const [george] = ((await found.json()) as { items: { id: string }[] }).items;
  const gone = await api.fetch(`/v1/users/${george?.id}`, { method: 'DELETE', ...asOwner });
  expect(gone.status).toBe(204);
  const emails = (await seedDemo(api.app)).map(({ email }) => email);
  expect(emails).toEqual(
    before.map(({ email }) => email).filter((email) => email !== 'george@globex.example'),
  );
});
