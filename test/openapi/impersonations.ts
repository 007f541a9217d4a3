import { Sessions } from '@acci/auth';
import { Database, uuidv7 } from '@acci/database';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import type { INestApplicationContext } from '@nestjs/common';

/** Lets an operator into a tenant, into the platform's by default, and gives the id of the session. */
export async function anImpersonation(
  app: INestApplicationContext,
  tenantId: string = PLATFORM_TENANT_ID,
): Promise<string> {
  const ctx = { tenantId, actor: 'system:test', correlationId: uuidv7() };
  const subject = { type: 'user', id: uuidv7() } as const;
  const impersonator = {
    actor: `operator:${subject.id}`,
    tenantId: PLATFORM_TENANT_ID,
    subject,
    reason: 'A test',
  };
  const wish = { userId: null, impersonator, lifetimeMs: 60_000 };
  const { session } = await app
    .get(Database)
    .inTenant(tenantId, (tx) => app.get(Sessions).startImpersonation(tx, ctx, wish));
  return session.id;
}
