import {
  CreateUser,
  InviteUser,
  OneTimeTokens,
  Passwords,
  RequestEmailChange,
  type OneTimeGrant,
} from '@acci/auth';
import { Database, uuidv7 } from '@acci/database';
import { EventStore } from '@acci/event-store';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { CommandBus } from '@nestjs/cqrs';
import type { ApiUnderTest } from '../setup/api-under-test.js';

/**
 * What an example cannot say, by operation, because it is good once or must be there: tokens of mails, somebody with a
 * password, and a tenant where everybody may register.
 */
export function accountBodies({ app }: ApiUnderTest): Record<string, () => Promise<object>> {
  const commands = app.get(CommandBus);
  const ctx = platformContext();
  const email = () => `u-${uuidv7()}@example.com`;
  const token = async (userId: string, grant: Pick<OneTimeGrant, 'purpose' | 'data'>) => {
    const tenantId = PLATFORM_TENANT_ID;
    const wish = { tenantId, userId, lifetimeMs: 60_000, ...grant };
    return {
      token: await app.get(Database).inTenant(tenantId, (tx) => app.get(OneTimeTokens).issue(tx, wish)),
    };
  };
  const invited = async () => (await commands.execute(new InviteUser(ctx, { email: email() }))).streamId;
  const active = async () =>
    (await commands.execute(new CreateUser(ctx, { email: email(), emailVerified: true }))).streamId;
  return {
    'POST /v1/auth/login': async () => {
      const login = email();
      const { streamId: id } = await commands.execute(
        new CreateUser(ctx, { email: login, emailVerified: true }),
      );
      const sealed = await app.get(Passwords).seal(ctx.tenantId, id, 'nine plum trees in a row');
      await app.get(Database).inTenant(ctx.tenantId, async (tx) => app.get(Passwords).put(tx, sealed));
      return { tenant: 'platform', login };
    },
    'POST /v1/auth/invitations:accept': async () => token(await invited(), { purpose: 'invitation' }),
    'POST /v1/auth/registrations': async () => {
      const slug = `r-${uuidv7()}`;
      await createTenants(app, 1, { slug, settings: { selfRegistration: true } });
      return { tenant: slug };
    },
    'POST /v1/auth/registrations:confirm': async () => token(await invited(), { purpose: 'registration' }),
    'POST /v1/auth/password-resets:confirm': async () => token(await active(), { purpose: 'password_reset' }),
    'POST /v1/auth/set-up:confirm': async () => token(uuidv7(), { purpose: 'set_up' }),
    'POST /v1/auth/email-changes:confirm': async () => {
      const id = await active();
      await commands.execute(new RequestEmailChange(ctx, { id, email: email() }));
      const [, asked] = await app.get(EventStore).readStream(ctx, 'auth.user', id);
      return token(id, { purpose: 'email_change', data: asked?.data as { requestId: string } });
    },
  };
}
