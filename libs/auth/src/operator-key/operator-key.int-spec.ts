import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TestDatabase } from '@acci/database/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { testContext } from '@acci/event-store/testing';
import {
  ApiKeyConfigured,
  Authenticators,
  CredentialsInvalid,
  LastOperatorKey,
  ListApiKeys,
  OperatorKeyBootstrap,
  RevokeApiKey,
} from '../index.js';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { issueKey } from '../testing.js';
import { configuredKeyId } from './configured-operator-key.js';

const ctx = testContext({ tenantId: PLATFORM_TENANT_ID });
const randomKey = () => randomBytes(32).toString('hex');

describe('The operator key', () => {
  let db: TestDatabase;
  let processes: INestApplicationContext[];

  beforeEach(async () => {
    db = await createAuthDatabase();
    processes = [];
  });
  afterEach(async () => {
    await Promise.all(processes.map((process) => process.close()));
    await db.close();
  });

  async function start(operatorKey?: string): Promise<INestApplicationContext> {
    const started = await startContext(db, operatorKey);
    processes.push(started);
    return started;
  }

  const bootstrap = (process: INestApplicationContext) => process.get(OperatorKeyBootstrap).run();
  const events = () => db.admin<{ type: string }>('select type from acci.events order by position');

  async function permissionsOf(process: INestApplicationContext, key: string): Promise<unknown> {
    const request = {
      headers: { authorization: `Bearer ${key}` },
      rawHeaders: ['authorization', ''],
    } as unknown as IncomingMessage;
    return (await process.get(Authenticators).authenticate(request)).permissions;
  }

  describe('that is not configured', () => {
    it('is made once, however many replicas start at a time', async () => {
      const replicas = await Promise.all(Array.from({ length: 5 }, () => start()));
      const results = await Promise.all(Array.from({ length: 50 }, (_, n) => bootstrap(replicas[n % 5]!)));
      const made = results.filter(({ created }) => created);
      expect(made).toHaveLength(1);
      expect(results.filter(({ key }) => key !== undefined)).toEqual(made);
      expect(await events()).toEqual([{ type: 'auth.api_key.created' }]);
      for (const replica of replicas) expect(await permissionsOf(replica, made[0]?.key as string)).toBe('*');
      await expect(bootstrap(await start())).resolves.toEqual({ created: false });
    });

    it('is in the database as a hash only', async () => {
      const { key = '' } = await bootstrap(await start());
      const secret = key.split('_')[3] as string;
      const tables = await db.admin<{ name: string }>(
        `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'acci'`,
      );
      expect(tables.length).toBeGreaterThan(5);
      for (const { name } of tables) {
        const rows = await db.admin<{ text: string }>(`select t::text as text from ${name} t`);
        expect(rows.map(({ text }) => text).join('\n')).not.toContain(secret);
      }
    });

    it('is not made once more when the first one is gone', async () => {
      const app = await start();
      await bootstrap(app);
      await issueKey(app);
      const [{ id } = { id: '' }] = await db.admin<{ id: string }>(
        `select id from acci.api_keys where name like '%first start'`,
      );
      await app.get(CommandBus, { strict: false }).execute(new RevokeApiKey(ctx, id));
      await expect(bootstrap(app)).resolves.toEqual({ created: false });
    });
  });

  describe('that is configured', () => {
    it('is made known once and never given out', async () => {
      const operatorKey = randomKey();
      const app = await start(operatorKey);
      const results = await Promise.all(Array.from({ length: 50 }, () => bootstrap(app)));
      expect(results.filter(({ created }) => created)).toEqual([{ created: true }]);
      expect(await permissionsOf(app, operatorKey)).toBe('*');
      expect(await events()).toEqual([{ type: 'auth.api_key.created' }]);
    });

    it('is replaced by another one, by all replicas together once', async () => {
      const before = randomKey();
      const after = randomKey();
      const old = await start(before);
      await bootstrap(old);
      const replicas = [await start(after), await start(after)];
      await Promise.all(Array.from({ length: 50 }, (_, n) => bootstrap(replicas[n % 2]!)));
      expect(await events()).toEqual([
        { type: 'auth.api_key.created' },
        { type: 'auth.api_key.secret_replaced' },
      ]);
      for (const replica of replicas) expect(await permissionsOf(replica, after)).toBe('*');
      for (const process of [old, ...replicas]) {
        await expect(permissionsOf(process, before)).rejects.toThrow(CredentialsInvalid);
      }
    });

    it('makes the printed one needless', async () => {
      await bootstrap(await start(randomKey()));
      await expect(bootstrap(await start())).resolves.toEqual({ created: false });
    });

    it('opens nothing where it is not configured', async () => {
      const operatorKey = randomKey();
      await bootstrap(await start(operatorKey));
      await expect(permissionsOf(await start(), operatorKey)).rejects.toThrow(CredentialsInvalid);
    });

    it('cannot be revoked, but lets every other one be', async () => {
      const app = await start(randomKey());
      await bootstrap(app);
      const { id } = await issueKey(app);
      const { items } = await app
        .get(QueryBus, { strict: false })
        .execute(new ListApiKeys(ctx, { limit: 50 }));
      expect(items.map(({ prefix }) => prefix)).toEqual([expect.stringMatching(/^acci_/), null]);
      await app.get(CommandBus, { strict: false }).execute(new RevokeApiKey(ctx, id));
      await expect(
        app.get(CommandBus, { strict: false }).execute(new RevokeApiKey(ctx, configuredKeyId)),
      ).rejects.toThrow(ApiKeyConfigured);
    });
  });

  it('is the last one to go: of two that revoke each other, one stays', async () => {
    const app = await start();
    const keys = await Promise.all([issueKey(app), issueKey(app)]);
    await issueKey(app, { expiresAt: new Date(Date.now() - 1) });
    await issueKey(app, { permissions: ['auth.*'] });
    const revoked = await Promise.allSettled(
      keys.map(({ id }) => app.get(CommandBus, { strict: false }).execute(new RevokeApiKey(ctx, id))),
    );
    expect(revoked.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = revoked.find((result) => result.status === 'rejected');
    expect(refused?.reason).toBeInstanceOf(LastOperatorKey);
  });
});
