import type { IncomingMessage } from 'node:http';
import type { TestDatabase } from '@acci/database/testing';
import { testContext } from '@acci/event-store/testing';
import { createTenants } from '@acci/tenancy/testing';
import type { INestApplication } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  Authenticators,
  CreateApiKey,
  CredentialsInvalid,
  DeactivateUser,
  DeleteUser,
  type Identity,
  LockUser,
  permits,
  ReactivateUser,
  SetRole,
  UnlockUser,
} from '../index.js';
import { AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { eventually } from '../spec-support/eventually.js';
import { aUser, TestServiceAccount } from '../spec-support/service-accounts.js';

const wish = { name: 'A key', permissions: ['house.doors.open'] };

describe('The owner of an API key', () => {
  let db: TestDatabase;
  let app: INestApplication;
  let tenantId: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    ({ app } = await AuthServer.start('fastify', db));
    [tenantId = ''] = await createTenants(app, 1);
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });

  const commands = () => app.get(CommandBus, { strict: false });
  const ctx = () => testContext({ tenantId });
  const identify = (key: string): Promise<Identity> => {
    const headers = { authorization: `Bearer ${key}` };
    return app
      .get(Authenticators)
      .authenticate({ headers, rawHeaders: ['authorization', ''] } as unknown as IncomingMessage);
  };
  const keyOf = async (subject: Identity['subject'], more: object = {}): Promise<string> => {
    const creator = { tenantId, subject, permissions: '*' } as const;
    const { key } = await commands().execute(new CreateApiKey(ctx(), creator, { ...wish, ...more }));
    return key ?? '';
  };
  const opens = (key: string): Promise<boolean> =>
    identify(key).then(
      () => true,
      (error: unknown) => {
        expect(error).toBeInstanceOf(CredentialsInvalid);
        return false;
      },
    );
  const refused = (key: string) => eventually(() => opens(key), false);
  const may = async (key: string, permission: string) =>
    permits((await identify(key)).permissions, permission);

  it('is whoever made it, and keeps it from working when they are kept out', async () => {
    const id = await aUser(app, tenantId, 'admin');
    const key = await keyOf({ type: 'user', id });
    expect(await identify(key)).toMatchObject({ subject: { type: 'api_key' }, owner: { type: 'user', id } });
    await commands().execute(new DeactivateUser(ctx(), { id }));
    await refused(key);
    await commands().execute(new ReactivateUser(ctx(), { id }));
    await eventually(() => opens(key), true);
    await commands().execute(new LockUser(ctx(), { id, reason: 'Lost laptop' }));
    await refused(key);
    await commands().execute(new UnlockUser(ctx(), { id }));
    await commands().execute(new DeleteUser(ctx(), { id }));
    await refused(key);
  });

  it('is that of the key that made it, and nobody’s of a service key', async () => {
    const id = await aUser(app, tenantId, 'admin');
    const first = await identify(await keyOf({ type: 'user', id }));
    const { key: second } = await commands().execute(
      new CreateApiKey(ctx(), first, { ...wish, permissions: ['house.doors.open'] }),
    );
    expect((await identify(second ?? '')).owner).toEqual({ type: 'user', id });
    const service = await keyOf({ type: 'user', id }, { service: true });
    await commands().execute(new DeleteUser(ctx(), { id }));
    await refused(second ?? '');
    expect((await identify(service)).owner).toBeUndefined();
  });

  it('may be a service account', async () => {
    const robot = await TestServiceAccount.create(app, tenantId);
    const key = await keyOf({ type: 'service_account', id: robot.id });
    await identify(key);
    await robot.disable();
    await refused(key);
    await robot.enable();
    await robot.delete();
    await refused(key);
  });

  it('takes from it what they lose themselves', async () => {
    const id = await aUser(app, tenantId, 'admin');
    const key = await keyOf({ type: 'user', id });
    expect(await may(key, 'house.doors.open')).toBe(true);
    const principal = { type: 'user', id } as const;
    await commands().execute(
      new SetRole(ctx(), { permissions: '*' }, { principal, roleId: 'admin', has: false }),
    );
    await eventually(() => may(key, 'house.doors.open'), false);
  });

  it('is not asked for a key with roles of its own, which it holds beside its permissions', async () => {
    const key = await keyOf(undefined);
    const { subject } = await identify(key);
    const principal = { type: 'api_key', id: subject?.id ?? '' } as const;
    await commands().execute(
      new SetRole(ctx(), { permissions: '*' }, { principal, roleId: 'auditor', has: true }),
    );
    await eventually(() => may(key, 'auth.users.read'), true);
    expect(await may(key, 'house.doors.open')).toBe(true);
    expect(await may(key, 'auth.users.delete')).toBe(false);
  });
});
