import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { TestDatabase } from '@acci/database/testing';
import { type AnyRequest, correlationIdOf, Public } from '@acci/rest';
import { createTenants } from '@acci/tenancy/testing';
import { Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { jwtVerify, SignJWT } from 'jose';
import passportCustom from 'passport-custom';
import { clientOf, DeactivateUser, LogIn, UserAccounts } from '../index.js';
import { adapters, AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { aUser, contextIn } from '../spec-support/log-in.js';

/** Whom the identity provider vouches for, and how they showed it there. */
interface SignedOn {
  readonly tenantId: string;
  readonly userId: string;
  readonly amr: string[];
}

type TokenRequest = AnyRequest & { readonly body?: { readonly idToken?: string } };

/** A single sign-on as docs/auth/single-sign-on.md has it: for one tenant, by tokens that its identity provider signs. */
class CorporateStrategy extends PassportStrategy(passportCustom.Strategy, 'corporate') {
  constructor(
    private readonly accounts: UserAccounts,
    private readonly tenantId: string,
    private readonly key: KeyObject,
  ) {
    super();
  }

  async validate({ body }: TokenRequest): Promise<SignedOn | undefined> {
    const signed = await jwtVerify<{ email: string; amr: string[] }>(body?.idToken ?? '', this.key, {
      audience: 'acci',
    }).catch(() => undefined);
    if (!signed) return undefined;
    const account = await this.accounts.findByLogin(this.tenantId, signed.payload.email);
    return account && { tenantId: this.tenantId, userId: account.id, amr: signed.payload.amr };
  }
}

@Public()
@Controller({ path: 'auth/corporate', version: '1' })
class CorporateController {
  constructor(private readonly commandBus: CommandBus) {}

  @UseGuards(AuthGuard('corporate'))
  @HttpCode(200)
  @Post()
  async logIn(@Req() request: AnyRequest & { readonly user: SignedOn }) {
    const { tenantId, userId, amr } = request.user;
    const ctx = { tenantId, actor: `user:${userId}`, correlationId: correlationIdOf(request) };
    const { token } = await this.commandBus.execute(
      new LogIn(ctx, { userId, amr, client: clientOf(request) }),
    );
    return { token };
  }
}

/** Passport knows a strategy from when it is made, which in an app Nest does. */
function provideStrategy(...input: ConstructorParameters<typeof CorporateStrategy>): CorporateStrategy {
  return new CorporateStrategy(...input);
}

describe.each(adapters)('A single sign-on of an app on %s', (adapter) => {
  const key = createSecretKey(randomBytes(32));
  let db: TestDatabase;
  let server: AuthServer;
  let tenantId: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start(adapter, db, [CorporateController]);
    [tenantId = ''] = await createTenants(server.app, 1);
    provideStrategy(server.app.get(UserAccounts, { strict: false }), tenantId, key);
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });

  const signOn = async (userId: string, signedWith = key) => {
    const account = await server.app.get(UserAccounts, { strict: false }).findById(tenantId, userId);
    const idToken = await new SignJWT({ email: account?.email, amr: ['otp', 'pwd'] })
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience('acci')
      .setExpirationTime('1m')
      .sign(signedWith);
    return server.send('POST', '/v1/auth/corporate', undefined, { idToken });
  };

  it('begins a session like any other, which says how the user showed who they are', async () => {
    const userId = await aUser(server.app, tenantId);
    const { status, body } = await signOn(userId);
    expect(status).toBe(200);
    const { token } = body as { token: string };
    expect(await server.send('GET', '/v1/auth/session', token)).toMatchObject({
      status: 200,
      body: { userId, amr: ['otp', 'pwd'] },
    });
  });

  it('lets nobody in whom the provider does not vouch for, or who is kept out here', async () => {
    const userId = await aUser(server.app, tenantId);
    expect((await signOn(userId, createSecretKey(randomBytes(32)))).status).toBe(401);
    await server.app
      .get(CommandBus, { strict: false })
      .execute(new DeactivateUser(contextIn(tenantId), { id: userId }));
    expect(await signOn(userId)).toMatchObject({ status: 401, body: { code: 'auth.login.failed' } });
  });
});
