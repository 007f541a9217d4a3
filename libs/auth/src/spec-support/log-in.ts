import { Database, uuidv7 } from '@acci/database';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { CreateUser } from '../index.js';
import { SessionTerms } from '../session/session-lifetimes.js';
import { Sessions, type StartedSession } from '../session/sessions.js';

/** The context of somebody in a tenant, for tests. */
export function contextIn(tenantId: string, actor = 'system:test') {
  return { tenantId, actor, correlationId: uuidv7() };
}

/** Makes an active user. */
export async function aUser(app: INestApplicationContext, tenantId: string): Promise<string> {
  const email = `${uuidv7()}@example.com`;
  const { streamId } = await app
    .get(CommandBus, { strict: false })
    .execute(new CreateUser(contextIn(tenantId), { email, emailVerified: true }));
  return streamId;
}

/** Begins a session of a user, as every way to log in does it. */
export async function logIn(
  app: INestApplicationContext,
  tenantId: string,
  userId: string,
): Promise<StartedSession> {
  const lifetimes = await app.get(SessionTerms, { strict: false }).of(tenantId);
  const sessions = app.get(Sessions, { strict: false });
  const wish = { userId, amr: ['pwd'], device: 'spec', address: '192.0.2.7', lifetimes };
  return app
    .get(Database, { strict: false })
    .inTenant(tenantId, (tx) => sessions.start(tx, contextIn(tenantId, `user:${userId}`), wish));
}
