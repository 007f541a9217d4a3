import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { Ctx, Public, type RequestContext } from '@acci/rest';
import { createTenants } from '@acci/tenancy/testing';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { adapters, AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { aUser, logIn } from '../spec-support/log-in.js';
import { rawGet } from '../spec-support/raw-request.js';
import { issueKey } from '../testing.js';
import { apiKeyStrategy } from './api-key.strategy.js';
import { sessionStrategy } from './session.strategy.js';

@Public()
@Controller({ path: 'own-guards', version: '1' })
class OwnGuardsController {
  @UseGuards(AuthGuard(sessionStrategy))
  @Get('session')
  session(@Ctx() ctx: RequestContext) {
    return { actor: ctx.actor };
  }

  @UseGuards(AuthGuard([sessionStrategy, apiKeyStrategy]))
  @Get('either')
  either(@Ctx() ctx: RequestContext) {
    return { actor: ctx.actor };
  }
}

describe.each(adapters)('The strategies of passport on %s', (adapter) => {
  let db: TestDatabase;
  let server: AuthServer;
  let userId: string;
  let token: string;
  let key: string;
  let keyId: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start(adapter, db, [OwnGuardsController]);
    const [tenantId = ''] = await createTenants(server.app, 1);
    userId = await aUser(server.app, tenantId);
    ({ token } = await logIn(server.app, tenantId, userId));
    ({ key, id: keyId } = await issueKey(server.app, { tenantId, permissions: ['house.*'] }));
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });
  const ask = (which: string, credentials?: string) =>
    server.send('GET', `/v1/own-guards/${which}`, credentials);

  it('let sessions in, and keys, where they are asked for', async () => {
    expect(await ask('session', token)).toMatchObject({ status: 200, body: { actor: `user:${userId}` } });
    expect(await ask('either', token)).toMatchObject({ status: 200, body: { actor: `user:${userId}` } });
    expect(await ask('either', key)).toMatchObject({ status: 200, body: { actor: `api_key:${keyId}` } });
  });

  it('let nobody else in', async () => {
    for (const which of ['session', 'either']) {
      expect((await ask(which)).status).toBe(401);
      expect((await ask(which, 'nonsense')).status).toBe(401);
      expect((await ask(which, `${token}x`)).status).toBe(401);
    }
    expect((await ask('session', key)).status).toBe(401);
  });

  it('refuse two headers, of which a proxy may have judged the other one', async () => {
    const [good, other] = [`Authorization: Bearer ${token}`, 'Authorization: Bearer x'];
    const status = async (...lines: string[]) =>
      (await rawGet(server.port, '/v1/own-guards/either', lines)).status;
    expect(await status(good)).toBe(200);
    expect(await status(good, other)).toBe(401);
  });

  it('let nobody act in another tenant than the one that they name', async () => {
    const named = { 'x-acci-tenant': uuidv7() };
    expect(await server.send('GET', '/v1/own-guards/session', token, undefined, named)).toMatchObject({
      status: 403,
      body: { code: 'auth.tenant.not_reachable' },
    });
  });
});
