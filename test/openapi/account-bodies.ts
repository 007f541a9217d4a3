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

const firstOperator = '00000000-0000-7000-8000-000000000002';

/**
 * What an example cannot say, by operation, because it is good once or must be there: tokens of mails, somebody with a
 * password, and a tenant where everybody may register.
 */
export function accountBodies({ app }: ApiUnderTest): Record<string, () => Promise<object>> {
  const commands = app.get(CommandBus);
  const ctx = platformContext();
  const email = () => `u-${uuidv7()}@example.com`;
  const token = async (
    userId: string,
    grant: Pick<OneTimeGrant, 'purpose' | 'data'>,
    tenantId = PLATFORM_TENANT_ID,
  ) => {
    const wish = { tenantId, userId, lifetimeMs: 60_000, ...grant };
    return {
      token: await app.get(Database).inTenant(tenantId, (tx) => app.get(OneTimeTokens).issue(tx, wish)),
    };
  };
  /** A tenant where everybody may register. */
  const openTenant = async () => {
    const slug = `r-${uuidv7()}`;
    const [id = ''] = await createTenants(app, 1, { slug, settings: { selfRegistration: true } });
    return { id, slug };
  };
  const invited = async () => (await commands.execute(new InviteUser(ctx, { email: email() }))).streamId;
  const active = async () =>
    (await commands.execute(new CreateUser(ctx, { email: email(), emailVerified: true }))).streamId;
  return {
    'POST /v1/auth/login': async () => {
      const [login, password] = [email(), 'nine plum trees in a row'];
      const { streamId: id } = await commands.execute(
        new CreateUser(ctx, { email: login, emailVerified: true }),
      );
      const sealed = await app.get(Passwords).seal(ctx.tenantId, id, password);
      await app.get(Database).inTenant(ctx.tenantId, async (tx) => app.get(Passwords).put(tx, sealed));
      return { tenant: 'platform', login, password };
    },
    'POST /v1/auth/invitations:accept': async () => token(await invited(), { purpose: 'invitation' }),
    'POST /v1/auth/registrations': async () => ({ tenant: (await openTenant()).slug }),
    'POST /v1/auth/registrations:confirm': async () => {
      const { id: tenantId } = await openTenant();
      const invite = new InviteUser({ ...ctx, tenantId }, { email: email() });
      const { streamId } = await commands.execute(invite);
      return token(streamId, { purpose: 'registration' }, tenantId);
    },
    'POST /v1/auth/password-resets:confirm': async () => token(await active(), { purpose: 'password_reset' }),
    // A link as the first start prints it: for the first operator, whose id is fixed.
    'POST /v1/auth/set-up:confirm': async () => token(firstOperator, { purpose: 'set_up' }),
    'POST /v1/auth/email-changes:confirm': async () => {
      const id = await active();
      await commands.execute(new RequestEmailChange(ctx, { id, email: email() }));
      const [, asked] = await app.get(EventStore).readStream(ctx, 'auth.user', id);
      return token(id, { purpose: 'email_change', data: asked?.data as { requestId: string } });
    },
  };
}
