import type { IncomingMessage } from 'node:http';
import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { testContext } from '@acci/event-store/testing';
import { rebuildNow } from '@acci/projections/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ApiKeyNotFound,
  ApiKeyOutlivesCreator,
  ApiKeyRangesWider,
  ApiKeyRotating,
  ApiKeyTakenBack,
  Authenticators,
  CredentialsInvalid,
  GetApiKey,
  type KeyCreator,
  PermissionNotHeld,
  RevokeApiKey,
  RotateApiKey,
} from '../index.js';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { eventually } from '../spec-support/eventually.js';
import { issueKey } from '../testing.js';

const tenantId = uuidv7();
const ctx = testContext({ tenantId });
const everything: KeyCreator = { permissions: '*' };

describe('An API key that gets another secret', () => {
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

  const aKey = () => issueKey(app, { tenantId, permissions: ['house.doors.open'] });
  const execute = <T>(command: Command<T>): Promise<T> =>
    app.get(CommandBus, { strict: false }).execute(command);
  const rotate = async (id: string, overlapMinutes: number, creator = everything): Promise<string> => {
    const { key } = await execute(new RotateApiKey(ctx, creator, { id, overlapMinutes }));
    return key ?? '';
  };
  async function opens(key: string): Promise<boolean> {
    const headers = { authorization: `Bearer ${key}` };
    const request = { headers, rawHeaders: ['authorization', ''] } as unknown as IncomingMessage;
    return app
      .get(Authenticators)
      .authenticate(request)
      .then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof CredentialsInvalid)) throw error;
          return false;
        },
      );
  }
  const endOverlap = (id: string) =>
    db.admin('update acci.api_key_secrets set previous_until = now() where key_id = $1', [id]);

  it('is good with both until the overlap ends', async () => {
    const { id, key } = await aKey();
    const next = await rotate(id, 60);
    expect(next).not.toBe(key);
    expect([await opens(key), await opens(next)]).toEqual([true, true]);
    await endOverlap(id);
    await eventually(() => opens(key), false);
    expect(await opens(next)).toBe(true);
  });

  it('has no more than two, unless all before it are to end at once', async () => {
    const { id, key } = await aKey();
    const second = await rotate(id, 60);
    await expect(rotate(id, 60)).rejects.toThrow(ApiKeyRotating);
    const third = await rotate(id, 0);
    for (const before of [key, second]) await eventually(() => opens(before), false);
    expect(await opens(third)).toBe(true);
  });

  it('gets one of 50 at the same time, and that one is good', async () => {
    const { id, key } = await aKey();
    const tries = await Promise.allSettled(Array.from({ length: 50 }, () => rotate(id, 60)));
    const won = tries.filter((one) => one.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const one of tries) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(ApiKeyRotating);
    expect([await opens(key), await opens(won[0]?.value ?? '')]).toEqual([true, true]);
  });

  it('has no secret in its events, and is shown with its rotation', async () => {
    const { id, key } = await aKey();
    const next = await rotate(id, 60);
    const events = await db.admin<{ data: object }>('select data from acci.events where stream_id = $1', [
      id,
    ]);
    expect(events).toHaveLength(2);
    for (const secret of [key, next]) expect(JSON.stringify(events)).not.toContain(secret.slice(50));
    const seen = await app.get(QueryBus, { strict: false }).execute(new GetApiKey(ctx, id));
    expect(Date.parse(seen.previousUntil ?? '') - Date.parse(seen.rotatedAt ?? '')).toBeGreaterThan(
      3_500_000,
    );
    await rebuildNow(app, 'auth.api-keys');
    expect(await app.get(QueryBus, { strict: false }).execute(new GetApiKey(ctx, id))).toEqual(seen);
  });

  it('is given to nobody who may do less than the key, or for less long, or from fewer places', async () => {
    const { id } = await aKey();
    await expect(rotate(id, 60, { permissions: new Set(['house.doors.close']) })).rejects.toThrow(
      PermissionNotHeld,
    );
    const expiresAt = new Date(Date.now() + 60_000);
    await expect(rotate(id, 60, { ...everything, expiresAt })).rejects.toThrow(ApiKeyOutlivesCreator);
    const addressRanges = ['10.0.0.0/8'];
    await expect(rotate(id, 60, { ...everything, addressRanges })).rejects.toThrow(ApiKeyRangesWider);
  });

  it('is refused for one that was revoked, and for one of another tenant', async () => {
    const { id } = await aKey();
    await execute(new RevokeApiKey(ctx, id));
    await expect(rotate(id, 60)).rejects.toThrow(ApiKeyTakenBack);
    const elsewhere = await issueKey(app, { tenantId: uuidv7(), permissions: ['house.doors.open'] });
    for (const missing of [elsewhere.id, uuidv7()])
      await expect(rotate(missing, 60)).rejects.toThrow(ApiKeyNotFound);
  });

  it('is shown once under a command id', async () => {
    const { id } = await aKey();
    const once = () =>
      execute(new RotateApiKey({ ...ctx, commandId: id }, everything, { id, overlapMinutes: 60 }));
    expect(await opens((await once()).key ?? '')).toBe(true);
    expect((await once()).key).toBeNull();
  });
});
