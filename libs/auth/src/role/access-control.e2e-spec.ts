import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { Grantors } from '../spec-support/grantors.js';
import { idsIn, LoggedIn, refused } from '../spec-support/logged-in.js';

let db: TestDatabase;
let server: AuthServer;
let acme: Grantors;
let owner: LoggedIn;

beforeAll(async () => {
  db = await createAuthDatabase();
  server = await AuthServer.start('fastify', db);
  acme = await Grantors.start(server.app);
  owner = await LoggedIn.as(server, acme, await acme.user('owner'));
});
afterAll(async () => {
  await server.app.close();
  await db.close();
});

describe('/v1/roles', () => {
  const role = { name: 'Reader', permissions: ['auth.users.read'] };

  it('makes, shows, changes and deletes roles, and keeps versions apart', async () => {
    const made = await owner.as('POST', 'roles', role);
    expect(made).toMatchObject({ status: 201, body: { version: 1 } });
    const path = `roles/${made.body.id}`;
    expect(made.headers.get('location')).toBe(`/v1/${path}`);
    const shown = await owner.as('GET', path);
    expect(shown.body).toMatchObject({ ...role, builtIn: false, description: null, condition: null });
    expect(shown.headers.get('etag')).toBe('"1"');
    const change = (version: number) =>
      owner.as('PATCH', path, { description: 'Reads' }, { 'if-match': `"${version}"` });
    expect(await change(1)).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await change(1)).toMatchObject({ status: 412 });
    expect(await owner.as('POST', 'roles', { ...role, name: 'READER' })).toMatchObject({
      status: 409,
      body: { code: 'auth.role.name_taken' },
    });
    expect(await owner.as('DELETE', path)).toMatchObject({ status: 204 });
    expect(await owner.as('GET', path)).toMatchObject({ status: 404, body: { code: 'auth.role.not_found' } });
  });

  it('lists built-in roles among the others, a page at a time', async () => {
    await owner.as('POST', 'roles', { ...role, name: 'Clerk' });
    const names: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await owner.as('GET', `roles?limit=2&${cursor && `cursor=${cursor}`}`);
      names.push(...body.items.map(({ name }: { name: string }) => name));
      cursor = body.next;
    }
    expect(names).toEqual(names.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
    expect(names).toEqual(expect.arrayContaining(['Administrator', 'Auditor', 'Clerk', 'Member', 'Owner']));
    expect(names).not.toContain('Operator');
    expect(idsIn(await owner.as('GET', 'roles?builtIn=true&sort=-name'))).toEqual([
      'owner',
      'member',
      'auditor',
      'admin',
    ]);
  });

  it('refuses what nobody may: members that are unknown, prototypes, what one does not hold', async () => {
    for (const more of [{ id: 'owner' }, { builtIn: true }, { tenantId: uuidv7() }, { version: 9 }])
      expect(await owner.as('POST', 'roles', { ...role, name: 'X', ...more })).toMatchObject({ status: 400 });
    const polluting = JSON.parse('{ "__proto__": { "equals": "Sales" } }') as object;
    expect(await owner.as('POST', 'roles', { ...role, name: 'X', condition: polluting })).toMatchObject({
      status: 400,
    });
    const maker = await LoggedIn.as(
      server,
      acme,
      await acme.user(await acme.role({ permissions: ['auth.roles.create'] })),
    );
    expect(await maker.as('POST', 'roles', { ...role, name: 'X' })).toMatchObject({
      ...refused('auth.permission.not_held'),
      body: { permissions: ['auth.users.read'] },
    });
    const outsider = await Grantors.start(server.app);
    const { id } = (await owner.as('POST', 'roles', { ...role, name: 'Ours' })).body;
    const foreign = await LoggedIn.as(server, outsider, await outsider.user('owner'));
    const [theirs, nobodys] = [
      await foreign.as('GET', `roles/${id}`),
      await foreign.as('GET', `roles/${uuidv7()}`),
    ];
    expect([theirs.status, theirs.body.code]).toEqual([nobodys.status, nobodys.body.code]);
  });
});

describe('Roles of users and groups', () => {
  it('are given, shown and taken over HTTP', async () => {
    const user = await acme.user();
    const { id: group } = (await owner.as('POST', 'groups', { name: 'Auditors' })).body;
    for (const path of [
      `groups/${group}/roles/auditor`,
      `groups/${group}/members/${user}`,
      `users/${user}/roles/member`,
    ])
      expect(await owner.as('PUT', path)).toMatchObject({ status: 204 });
    expect((await owner.as('GET', `users/${user}/roles`)).body.items).toEqual([
      { id: 'auditor', name: 'Auditor', direct: false, groupIds: [group] },
      { id: 'member', name: 'Member', direct: true, groupIds: [] },
    ]);
    expect((await owner.as('GET', `groups/${group}`)).body).toMatchObject({
      members: 1,
      roleIds: ['auditor'],
    });
    expect((await owner.as('GET', `groups/${group}/members`)).body.items).toMatchObject([{ userId: user }]);
    expect(idsIn(await owner.as('GET', `groups?userId=${user}`))).toEqual([group]);

    const auditor = await LoggedIn.as(server, acme, user);
    expect(await auditor.as('GET', 'users')).toMatchObject({ status: 200 });
    expect(await auditor.as('POST', 'groups', { name: 'Mine' })).toMatchObject(
      refused('auth.permission.missing'),
    );
    expect(await owner.as('DELETE', `groups/${group}/members/${user}`)).toMatchObject({ status: 204 });
    const again = await LoggedIn.as(server, acme, user);
    expect(await again.as('GET', 'users')).toMatchObject(refused('auth.permission.missing'));
    expect(await owner.as('GET', `users/${uuidv7()}/roles`)).toMatchObject({ status: 404 });
  });

  it('cannot be given away by an administrator, if only owners hold them', async () => {
    const id = await acme.user('admin');
    const admin = await LoggedIn.as(server, acme, id);
    expect(await admin.as('PUT', `users/${await acme.user()}/roles/admin`)).toMatchObject({ status: 204 });
    for (const target of [id, await acme.user()])
      expect(await admin.as('PUT', `users/${target}/roles/owner`)).toMatchObject(
        refused('auth.permission.not_held'),
      );
    expect(await admin.as('DELETE', `users/${owner.id}/roles/owner`)).toMatchObject(
      refused('auth.permission.not_held'),
    );
    expect(await owner.as('DELETE', `users/${owner.id}/roles/owner`)).toMatchObject({
      status: 409,
      body: { code: 'auth.tenant.last_owner' },
    });
  });
});

describe('A condition', () => {
  const condition = { department: { user: 'department' } } as const;

  it('leaves of the users those of one’s own department', async () => {
    const tenant = await Grantors.start(server.app);
    const readers = await tenant.role({ permissions: ['auth.users.read'], condition });
    const [own, other] = [await tenant.userOf('Sales'), await tenant.userOf('HR')];
    const seller = await LoggedIn.as(server, tenant, await tenant.userOf('Sales', readers));
    expect(idsIn(await seller.as('GET', 'users?sort=createdAt'))).toEqual([own, seller.id]);
    expect(idsIn(await seller.as('GET', 'users?department=HR'))).toEqual([]);
    expect(await seller.as('GET', `users/${own}`)).toMatchObject({ status: 200 });
    const [hidden, nobody] = [
      await seller.as('GET', `users/${other}`),
      await seller.as('GET', `users/${uuidv7()}`),
    ];
    expect([hidden.status, hidden.body.code]).toEqual([404, 'auth.user.not_found']);
    expect(nobody.body.code).toBe(hidden.body.code);
  });

  it('is no way into routes that do not ask for it', async () => {
    const tenant = await Grantors.start(server.app);
    const readers = await tenant.role({ permissions: ['auth.users.read'], condition });
    const seller = await LoggedIn.as(server, tenant, await tenant.userOf('Sales', readers));
    for (const path of ['users/stream', `users/${seller.id}/roles`])
      expect(await seller.as('GET', path)).toMatchObject(refused('auth.permission.missing'));
  });

  it('is no detour: nobody moves a user to where they would see more than whoever moves them', async () => {
    const tenant = await Grantors.start(server.app);
    const readers = await tenant.role({ permissions: ['auth.users.read'], condition });
    const movers = await tenant.role({ permissions: ['auth.users.change'] });
    const seller = await LoggedIn.as(server, tenant, await tenant.userOf('Sales', readers, movers));
    const colleague = await tenant.userOf('Sales', readers);
    const other = await tenant.userOf('HR');
    const move = (id: string, department: string | null) => seller.as('PATCH', `users/${id}`, { department });
    for (const id of [seller.id, colleague])
      expect(await move(id, 'HR')).toMatchObject(refused('auth.permission.not_held'));
    expect(await move(colleague, 'Sales')).toMatchObject({ status: 200 });
    // Nor do they move whom they do not see to where they would.
    expect(await move(other, 'Sales')).toMatchObject({ status: 404, body: { code: 'auth.user.not_found' } });
    expect(await move(colleague, null)).toMatchObject({ status: 200 });
  });
});
