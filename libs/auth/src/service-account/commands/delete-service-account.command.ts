import { Database } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type ServiceAccountRef, updateServiceAccount } from '../change-service-account.js';
import { CredentialTable } from '../credentials/credential-table.js';

/**
 * Deletes a service account for good, with all that it could log in with. API keys that it made work no more.
 *
 * @throws {ServiceAccountNotFound} {@link VersionMismatch}
 * @example
 * await commandBus.execute(new DeleteServiceAccount(ctx, { id }));
 */
export class DeleteServiceAccount extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: ServiceAccountRef,
  ) {
    super();
  }
}

/** Handles {@link DeleteServiceAccount}. */
@CommandHandler(DeleteServiceAccount)
export class DeleteServiceAccountHandler implements ICommandHandler<DeleteServiceAccount> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly credentials: CredentialTable,
  ) {}

  execute({ ctx, input }: DeleteServiceAccount): Promise<AppendResult> {
    const { tenantId } = ctx;
    return this.database.inTenant(tenantId, async (tx) => {
      this.credentials.takeTurns(tx, input.id);
      const deleted = await updateServiceAccount(this.store, ctx, input, (account) => account.delete());
      this.credentials.remove(tx, { tenantId, accountId: input.id });
      return deleted;
    });
  }
}
