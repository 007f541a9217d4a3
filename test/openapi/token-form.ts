import { AddClientSecret, CreateServiceAccount } from '@acci/auth';
import { uuidv7 } from '@acci/database';
import { platformContext } from '@acci/tenancy/testing';
import { CommandBus } from '@nestjs/cqrs';
import type { ApiUnderTest } from '../setup/api-under-test.js';

const everything = { permissions: '*' } as const;

/** The form of a service account that asks for an access token, or takes one back. */
export async function aTokenForm({ app }: ApiUnderTest): Promise<RequestInit> {
  const commands = app.get(CommandBus);
  const ctx = platformContext();
  const terms = { name: `s-${uuidv7()}`, description: null, permissions: [] };
  const { streamId: id } = await commands.execute(new CreateServiceAccount(ctx, everything, terms));
  const { clientSecret } = await commands.execute(
    new AddClientSecret(ctx, everything, { id, name: 'A secret' }),
  );
  const clientId = `${id}.${ctx.tenantId}`;
  return {
    body: new URLSearchParams({ grant_type: 'client_credentials', token: 'what-is-none' }),
    headers: {
      // In place of the operator's key: a client shows one thing only.
      authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
  };
}
