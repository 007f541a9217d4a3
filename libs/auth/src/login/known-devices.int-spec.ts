import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { PersonalData, SubjectCipher } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import type { AnyRequest } from '@acci/rest';
import type { INestApplicationContext } from '@nestjs/common';
import { KnownDevices } from '../index.js';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { SessionClock } from '../session/session-clock.js';
import { DeviceCookies, deviceLifetimeMs } from './device-cookies.js';

const acme = uuidv7();
const request = { raw: { headers: {} } } as AnyRequest;

describe('a known device', () => {
  let db: TestDatabase;
  let app: INestApplicationContext;
  let devices: KnownDevices;

  beforeAll(async () => {
    db = await createAuthDatabase();
    app = await startContext(db);
    devices = app.get(KnownDevices);
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });

  const who = (userId: string | undefined, tenantId = acme) => ({ tenantId, userId, login: 'ada' });

  it('is known for the user who logged in on it, and stays the same one', async () => {
    const [ada, bob] = [uuidv7(), uuidv7()];
    const text = await devices.remember(acme, ada);
    await devices.remember(acme, bob);
    const id = await devices.recognise(request, who(ada), text);
    expect(id).toEqual(expect.any(String));
    expect(await devices.recognise(request, who(ada), await devices.remember(acme, ada, id))).toBe(id);
    expect(await devices.recognise(request, who(bob), text)).toBeUndefined();
    expect(await devices.recognise(request, who(ada, uuidv7()), text)).toBeUndefined();
    expect(await devices.recognise(request, who(undefined), text)).toBeUndefined();
    expect(await devices.recognise(request, who(ada))).toBeUndefined();
  });

  it('is not known by a text that somebody made up', async () => {
    const ada = uuidv7();
    const text = await devices.remember(acme, ada);
    for (const made of [`${text}AAAA`, text.slice(4), text.slice(0, 8), '', 'x', '🌳', '{"id":1}'])
      expect(await devices.recognise(request, who(ada), made)).toBeUndefined();
  });

  it('is known for half a year', async () => {
    const ada = uuidv7();
    const text = await devices.remember(acme, ada);
    const at = (ms: number) =>
      new KnownDevices(
        app.get(SubjectCipher, { strict: false }),
        new DeviceCookies({}),
        new SessionClock({ clock: () => new Date(Date.now() + ms) }),
      );
    expect(await at(deviceLifetimeMs - 60_000).recognise(request, who(ada), text)).toBeDefined();
    expect(await at(deviceLifetimeMs + 60_000).recognise(request, who(ada), text)).toBeUndefined();
  });

  it('is forgotten with its user', async () => {
    const ada = uuidv7();
    const text = await devices.remember(acme, ada);
    await app.get(PersonalData).forget(testContext({ tenantId: acme }), ada);
    expect(await devices.recognise(request, who(ada), text)).toBeUndefined();
  });
});
