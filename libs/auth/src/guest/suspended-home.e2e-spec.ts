import type { TestDatabase } from '@acci/database/testing';
import { ReactivateTenant, SuspendTenant } from '@acci/tenancy';
import { platformContext } from '@acci/tenancy/testing';
import { AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { eventually } from '../spec-support/eventually.js';
import { Grantors } from '../spec-support/grantors.js';
import { LoggedIn } from '../spec-support/logged-in.js';

let db: TestDatabase;
let server: AuthServer;

beforeAll(async () => {
  db = await createAuthDatabase();
  server = await AuthServer.start('fastify', db);
});
afterAll(async () => {
  await server.app.close();
  await db.close();
});

it('A guest is kept out of the tenant below while their own, or that one, is suspended', async () => {
  const parent = await Grantors.start(server.app);
  const child = await Grantors.start(server.app, parent.tenantId);
  const owner = await LoggedIn.as(server, child, await child.user('owner'));
  const guest = await LoggedIn.as(server, parent, await parent.user());
  expect((await owner.as('PUT', `guests/${guest.id}/roles/auditor`)).status).toBe(204);
  const look = async () => (await guest.at(child.tenantId, 'GET', 'users')).status;
  expect(await look()).toBe(200);
  for (const { tenantId: id } of [parent, child]) {
    await parent.execute(new SuspendTenant(platformContext(), { id, reason: 'test' }));
    await eventually(look, 403);
    await parent.execute(new ReactivateTenant(platformContext(), { id }));
    await eventually(look, 200);
  }
});
