import { Database } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AccessTokens } from '../../token/access-tokens.js';
import { type ServiceAccountRef, updateServiceAccount } from '../change-service-account.js';

/**
 * Keeps a service account out until it is enabled: it gets no access tokens, and those that it has are worth nothing for
 * good.
 *
 * @throws {ServiceAccountNotFound} {@link VersionMismatch} {@link ServiceAccountAlreadyDisabled}
 * @example
 * await commandBus.execute(new DisableServiceAccount(ctx, { id }));
 */
export class DisableServiceAccount extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: ServiceAccountRef,
  ) {
    super();
  }
}

/** Handles {@link DisableServiceAccount}. */
@CommandHandler(DisableServiceAccount)
export class DisableServiceAccountHandler implements ICommandHandler<DisableServiceAccount> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly tokens: AccessTokens,
  ) {}

  execute({ ctx, input }: DisableServiceAccount): Promise<AppendResult> {
    const { tenantId } = ctx;
    const disable = (): Promise<AppendResult> =>
      this.database.inTenant(tenantId, async (tx) => {
        const disabled = await updateServiceAccount(this.store, ctx, input, (account) => account.disable());
        // Only now: a token that was on its way has come by now, and is found.
        this.tokens.revokeAll(tx, { tenantId, accountId: input.id });
        return disabled;
      });
    return this.store.once(ctx, disable, { command: ['DisableServiceAccount', input] });
  }
}
