import type { IncomingMessage } from 'node:http';
import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { testContext } from '@acci/event-store/testing';
import { rebuildNow } from '@acci/projections/testing';
import { ModuleMocker } from 'jest-mock';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ApiKeyNotFound,
  Authenticators,
  CredentialsInvalid,
  GetApiKey,
  type Identity,
  ListApiKeys,
  RevokeApiKey,
} from '../index.js';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { eventually } from '../spec-support/eventually.js';
import { issueKey } from '../testing.js';
import { KeySecrets } from './key-secrets.js';
import { hashKeyText, newKeyText, parseKeyText } from './key-text.js';
import { LastUses } from './last-uses.js';

const acme = uuidv7();
const globex = uuidv7();
const ctx = testContext({ tenantId: acme });
const permissions = ['house.doors.open'];

const mocks = new ModuleMocker(globalThis);

describe('API keys in the database', () => {
  let db: TestDatabase;
  let app: INestApplicationContext;

  beforeAll(async () => {
    db = await createAuthDatabase();
    app = await startContext(db);
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });
  afterEach(() => mocks.restoreAllMocks());

  function identify(key: string, process = app): Promise<Identity> {
    const request = {
      headers: { authorization: `Bearer ${key}` },
      rawHeaders: ['authorization', ''],
    } as unknown as IncomingMessage;
    return process.get(Authenticators).authenticate(request);
  }
  const opens = (key: string, process = app): Promise<boolean> =>
    identify(key, process).then(
      () => true,
      (error: unknown) => {
        expect(error).toBeInstanceOf(CredentialsInvalid);
        return false;
      },
    );
  const finds = () => mocks.spyOn(app.get(KeySecrets, { strict: false }), 'find');
  const revoke = (id: string) => app.get(CommandBus, { strict: false }).execute(new RevokeApiKey(ctx, id));
  const get = (id: string) => app.get(QueryBus, { strict: false }).execute(new GetApiKey(ctx, id));

  it('tell who is asking', async () => {
    const expiresAt = new Date(Date.now() + 60_000);
    const { id, key } = await issueKey(app, { tenantId: acme, permissions, expiresAt });
    expect(await identify(key)).toEqual({
      tenantId: acme,
      actor: `api_key:${id}`,
      subject: { type: 'api_key', id },
      permissions: new Set(permissions),
      conditional: [],
      expiresAt,
    });
  });

  it('are stored as a hash, in a table of their own, and in no event', async () => {
    const { id, key } = await issueKey(app, { tenantId: acme, permissions });
    const [secret] = await db.admin<{ hash: Buffer }>(
      'select secret_hash as hash from acci.api_key_secrets where key_id = $1',
      [id],
    );
    expect(secret?.hash).toEqual(hashKeyText(key));
    const [event] = await db.admin<{ data: object }>('select data from acci.events where stream_id = $1', [
      id,
    ]);
    const members = ['addressRanges', 'expiresAt', 'name', 'origin', 'owner', 'permissions'];
    expect(Object.keys(event?.data ?? {}).sort()).toEqual(members);
  });

  it('are refused when somebody made them up, and only those that could be ours cost a read', async () => {
    const { id, key } = await issueKey(app, { tenantId: acme, permissions });
    const find = finds();
    const elsewhere = newKeyText({ tenantId: globex, keyId: id });
    const guess = newKeyText({ tenantId: acme, keyId: id });
    const stranger = newKeyText({ tenantId: acme, keyId: uuidv7() });
    for (const wrong of [elsewhere, guess, stranger]) {
      await expect(identify(wrong)).rejects.toThrow(CredentialsInvalid);
    }
    expect(find).toHaveBeenCalledTimes(3);
    const last = key.at(-1) === 'A' ? 'B' : 'A';
    for (const wrong of [key.slice(0, -1) + last, `${key}A`, 'nonsense', id]) {
      await expect(identify(wrong)).rejects.toThrow(CredentialsInvalid);
    }
    expect(find).toHaveBeenCalledTimes(3);
  });

  it('are read once by however many requests, and once a second', async () => {
    const { key } = await issueKey(app, { tenantId: acme, permissions });
    const find = finds();
    await Promise.all(Array.from({ length: 100 }, () => identify(key)));
    expect(find).toHaveBeenCalledTimes(1);
    const readAgain = async () => (await identify(key)) && find.mock.calls.length > 1;
    await eventually(readAgain, true);
  });

  it('answer 503 rather than 401 while the database is away, and work as soon as it is back', async () => {
    const { key } = await issueKey(app, { tenantId: acme, permissions });
    finds().mockRejectedValueOnce(new Error('away'));
    await expect(identify(key)).rejects.toThrow('away');
    await expect(identify(key)).resolves.toBeDefined();
  });

  it('end when they said they would, even among the recent', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000);
    const { key } = await issueKey(app, { tenantId: acme, permissions, expiresAt });
    await identify(key);
    const clock = mocks.spyOn(Date, 'now');
    clock.mockReturnValue(expiresAt.getTime() - 1);
    await identify(key);
    clock.mockReturnValue(expiresAt.getTime());
    await expect(identify(key)).rejects.toThrow(CredentialsInvalid);
  });

  it('are soon refused by every process after they were revoked, and keep no hash', async () => {
    const other = await startContext(db);
    try {
      const { id, key } = await issueKey(app, { tenantId: acme, permissions });
      await identify(key, other);
      await revoke(id);
      for (const process of [other, app]) await eventually(() => opens(key, process), false);
      expect(await db.admin('select secret_hash from acci.api_key_secrets where key_id = $1', [id])).toEqual([
        { secret_hash: null },
      ]);
    } finally {
      await other.close();
    }
  });

  it('are revoked once by 50 who try at the same time, none of whom fails', async () => {
    const { id } = await issueKey(app, { tenantId: acme, permissions });
    const revoked = await Promise.all(Array.from({ length: 50 }, () => revoke(id)));
    expect(revoked.filter(({ position }) => position)).toHaveLength(1);
    expect((await get(id)).revokedAt).not.toBeNull();
  });

  it('of another tenant are not there', async () => {
    const { id } = await issueKey(app, { tenantId: globex, permissions });
    for (const missing of [id, uuidv7()]) {
      await expect(get(missing)).rejects.toThrow(ApiKeyNotFound);
      await expect(revoke(missing)).rejects.toThrow(ApiKeyNotFound);
    }
    const address = { tenantId: acme, keyId: id };
    expect(await app.get(KeySecrets, { strict: false }).find(address)).toBeUndefined();
  });

  it('have secrets that not even the system role may read', async () => {
    await expect(db.database.queryAsSystem('test', 'select * from acci.api_key_secrets')).rejects.toThrow(
      /permission denied/,
    );
  });

  it('remember when they were last used, to the minute, aside from the request', async () => {
    const { id, key } = await issueKey(app, { tenantId: acme, permissions });
    const touch = mocks.spyOn(app.get(KeySecrets, { strict: false }), 'touch');
    await identify(key);
    expect(touch).not.toHaveBeenCalled();
    await eventually(async () => touch.mock.calls.length, 1);
    await touch.mock.results[0]?.value;
    const { lastUsedAt } = await get(id);
    expect(Date.now() - Date.parse(lastUsedAt ?? '')).toBeLessThan(10_000);
    const find = finds();
    const readAnew = async () => {
      const before = find.mock.calls.length;
      await eventually(async () => (await identify(key)) && find.mock.calls.length > before, true);
    };
    await readAnew();
    // What is noted is written at the end, too.
    const write = () => app.get(LastUses, { strict: false }).onModuleDestroy();
    await write();
    expect(touch).toHaveBeenCalledTimes(1);
    const ago = `update acci.api_key_secrets set last_used_at = now() - interval '61 s' where key_id = $1`;
    await db.admin(ago, [id]);
    await readAnew();
    await write();
    expect(touch).toHaveBeenCalledTimes(2);
  });

  it('are listed newest first, page by page', async () => {
    const tenantId = uuidv7();
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1)
      ids.unshift((await issueKey(app, { tenantId, permissions })).id);
    const list = (cursor?: string) =>
      app
        .get(QueryBus, { strict: false })
        .execute(new ListApiKeys({ ...ctx, tenantId }, { limit: 2, cursor }));
    const seen: string[] = [];
    for (let page = await list(); ; page = await list(page.next)) {
      seen.push(...page.items.map(({ id }) => id));
      if (page.next === null) break;
    }
    expect(seen).toEqual(ids);
  });

  it('are in the list byte for byte after it was rebuilt, and rebuilt again', async () => {
    const live = () => db.admin('select * from acci.api_keys order by tenant_id, id');
    const before = await live();
    expect(before.length).toBeGreaterThan(5);
    for (let time = 0; time < 2; time += 1) {
      await rebuildNow(app, 'auth.api-keys');
      expect(await live()).toEqual(before);
    }
  });

  it('have texts that say where to look', async () => {
    const { id, key } = await issueKey(app, { tenantId: acme, permissions });
    expect(parseKeyText(key)).toEqual({ tenantId: acme, keyId: id });
    expect((await get(id)).prefix).toBe(key.slice(0, 27));
  });
});
