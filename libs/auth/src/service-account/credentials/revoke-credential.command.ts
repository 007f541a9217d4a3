import { Database } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { updateServiceAccount } from '../change-service-account.js';
import { CredentialTable } from './credential-table.js';

/**
 * Takes a secret or a public key from a service account: within a second it opens nothing any more, nor do the access
 * tokens that the account got by it. One that is not there changes nothing.
 *
 * @throws {ServiceAccountNotFound}
 * @example
 * await commandBus.execute(new RevokeServiceAccountCredential(ctx, { id, credentialId }));
 */
export class RevokeServiceAccountCredential extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: { readonly id: string; readonly credentialId: string },
  ) {
    super();
  }
}

/** Handles {@link RevokeServiceAccountCredential}. */
@CommandHandler(RevokeServiceAccountCredential)
export class RevokeServiceAccountCredentialHandler implements ICommandHandler<RevokeServiceAccountCredential> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly credentials: CredentialTable,
  ) {}

  execute({ ctx, input: { id, credentialId } }: RevokeServiceAccountCredential): Promise<AppendResult> {
    const { tenantId } = ctx;
    return this.database.inTenant(tenantId, async (tx) => {
      this.credentials.takeTurns(tx, id);
      const revoked = await updateServiceAccount(this.store, ctx, { id }, (account) =>
        account.revokeCredential(credentialId),
      );
      this.credentials.remove(tx, { tenantId, accountId: id }, credentialId);
      return revoked;
    });
  }
}
