import type { IncomingMessage } from 'node:http';
import { Database } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { createTenants } from '@acci/tenancy/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { aUser, logIn } from '../spec-support/log-in.js';
import { KnownSessions } from './known-sessions.js';
import { SessionAuthenticator } from './session.authenticator.js';
import { SessionSightings } from './session-sightings.js';
import { SessionTable } from './session-table.js';

const minute = 60_000;
const hour = 60 * minute;

let db: TestDatabase;
let app: INestApplicationContext;
let tenantId: string;
/** How far the process's clock is ahead, in milliseconds. */
let ahead = 0;
const now = () => new Date(Date.now() + ahead);

beforeAll(async () => {
  db = await createAuthDatabase();
  app = await startContext(db, undefined, { clock: now });
  [tenantId = ''] = await createTenants(app, 1);
});
afterAll(async () => {
  await app.close();
  await db.close();
});
beforeEach(() => {
  ahead = 0;
});

const opens = async (token: string) => (await app.get(KnownSessions).byToken(token)) !== undefined;
/** Comes back so much later, uses the session, and lets that be noted. */
async function useAfter(ms: number, token: string): Promise<void> {
  ahead += ms;
  await app.get(SessionAuthenticator).identify(token, {} as IncomingMessage);
  await app.get(SessionSightings).write();
}
const rowVersion = async (id: string) => {
  const [row] = await app
    .get(Database)
    .queryInTenant<{ version: string }>(
      tenantId,
      'select xmin::text as version from acci.sessions where id = $1',
      [id],
    );
  return row?.version;
};
/** What is known for 750 ms must be asked anew. */
const askAnew = (id: string) => app.get(KnownSessions).forget({ tenantId, id });

describe('A session', () => {
  it('ends after an hour in which nobody used it', async () => {
    const { token, session } = await logIn(app, tenantId, await aUser(app, tenantId));
    ahead = hour - minute;
    expect(await opens(token)).toBe(true);
    ahead = hour;
    expect(await opens(token)).toBe(false);
    askAnew(session.id);
    expect(await opens(token)).toBe(false);
  });

  it('goes on as long as it is used, but not for more than a day', async () => {
    const { token, session } = await logIn(app, tenantId, await aUser(app, tenantId));
    for (let used = 0; used < 30; used += 1) {
      askAnew(session.id);
      await useAfter(47 * minute, token);
    }
    expect(ahead).toBeLessThan(24 * hour);
    ahead = 24 * hour - 1_000;
    askAnew(session.id);
    expect(await opens(token)).toBe(true);
    ahead = 24 * hour;
    expect(await opens(token)).toBe(false);
  });

  it('is written once a minute at most, however often it is used', async () => {
    const { token, session } = await logIn(app, tenantId, await aUser(app, tenantId));
    const begun = await rowVersion(session.id);
    for (let used = 0; used < 10; used += 1) await useAfter(5_000, token);
    expect(await rowVersion(session.id)).toBe(begun);
    await useAfter(10_000, token);
    expect(await rowVersion(session.id)).not.toBe(begun);
  });

  it('goes on for as long as the settings of its tenant say', async () => {
    const settings = { sessionIdleMinutes: 5, sessionLifetimeMinutes: 10 };
    const [strict = ''] = await createTenants(app, 1, { settings });
    const { session } = await logIn(app, strict, await aUser(app, strict));
    expect(session.idleMs).toBe(5 * minute);
    expect(session.expiresAt.getTime() - session.createdAt.getTime()).toBe(10 * minute);
  });

  it('that has ended at its time is cleared away when somebody logs in', async () => {
    const userId = await aUser(app, tenantId);
    const { session } = await logIn(app, tenantId, userId);
    await db.admin(`update acci.sessions set expires_at = now() - interval '1 s' where id = $1`, [
      session.id,
    ]);
    await logIn(app, tenantId, userId);
    expect(await rowVersion(session.id)).toBeUndefined();
  });

  it('is not cleared away by a process whose clock is ahead, and goes on once that is right again', async () => {
    const userId = await aUser(app, tenantId);
    const { token, session } = await logIn(app, tenantId, userId);
    ahead = 25 * hour;
    await logIn(app, tenantId, userId);
    expect(await opens(token)).toBe(false);
    ahead = 0;
    askAnew(session.id);
    expect(await opens(token)).toBe(true);
  });

  it('is listed while it goes on', async () => {
    const userId = await aUser(app, tenantId);
    const { session } = await logIn(app, tenantId, userId);
    const listed = () =>
      app.get(SessionTable).listOfUser(tenantId, userId, { now: now(), before: null, limit: 10 });
    expect((await listed()).map(({ id }) => id)).toEqual([session.id]);
    ahead = hour;
    expect(await listed()).toEqual([]);
  });
});
