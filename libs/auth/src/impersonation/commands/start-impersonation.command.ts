import { Database } from '@acci/database';
import { type Context } from '@acci/event-store';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Identity } from '../../access/authenticator.js';
import { Sessions, type StartedSession } from '../../session/sessions.js';
import { UserAccounts } from '../../user/user-accounts.js';
import { CallerNotUser, UserNotFound } from '../../user/user.errors.js';
import { operatorActor } from '../operator-actor.js';
import { PlatformNotImpersonated } from '../impersonation.errors.js';
import { ServedTenants } from '../served-tenants.js';

const minute = 60_000;

/**
 * Lets an operator act in a tenant for a while. Both begin and end stand in the tenant's own events.
 *
 * @throws {PlatformNotImpersonated} {@link TenantNotFound} {@link TenantRefused} for a tenant that it cannot be.
 * @throws {UserNotFound} {@link UserNotActive} for a user who it cannot be.
 * @throws {CallerNotUser} for an operator who is neither a user nor a key.
 * @example
 * const wish = { tenantId, userId: null, reason: 'Ticket 4711', durationMinutes: 30 };
 * const { token } = await commandBus.execute(new StartImpersonation(ctx, caller, wish));
 */
export class StartImpersonation extends Command<StartedSession> {
  constructor(
    readonly ctx: Context,
    readonly operator: Pick<Identity, 'tenantId' | 'subject' | 'sessionId'>,
    readonly input: {
      readonly tenantId: string;
      readonly userId: string | null;
      readonly reason: string;
      readonly durationMinutes: number;
    },
  ) {
    super();
  }
}

/** Handles {@link StartImpersonation}. */
@CommandHandler(StartImpersonation)
export class StartImpersonationHandler implements ICommandHandler<StartImpersonation> {
  constructor(
    private readonly database: Database,
    private readonly tenants: ServedTenants,
    private readonly accounts: UserAccounts,
    private readonly sessions: Sessions,
  ) {}

  async execute({ ctx, operator, input }: StartImpersonation): Promise<StartedSession> {
    const { tenantId, userId, reason, durationMinutes } = input;
    const { subject, sessionId } = operator;
    // A service account's token is gone in minutes: nothing would show whether it may still be here.
    if (!subject || subject.type === 'service_account') throw new CallerNotUser();
    if (tenantId === PLATFORM_TENANT_ID) throw new PlatformNotImpersonated();
    await this.tenants.assertServed(tenantId);
    if (userId !== null && !(await this.accounts.findById(tenantId, userId))) throw new UserNotFound(userId);

    const actor = operatorActor(`${subject.type}:${subject.id}`);
    const impersonator = { actor, tenantId: operator.tenantId, subject, sessionId, reason };
    const inTenant: Context = { ...ctx, tenantId, actor };
    const wish = { userId, impersonator, lifetimeMs: durationMinutes * minute };
    return this.database.inTenant(tenantId, (tx) => this.sessions.startImpersonation(tx, inTenant, wish));
  }
}
