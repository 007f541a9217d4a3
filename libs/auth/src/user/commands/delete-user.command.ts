import { Database } from '@acci/database';
import {
  EventStore,
  PersonalData,
  VersionMismatch,
  type AppendResult,
  type Context,
} from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { UserRef } from '../change-user.js';
import { IdentityLinks } from '../identity-link/identity-links.js';
import { loadUser } from '../load-user.js';
import { retryingConflicts } from '../retry-conflicts.js';
import { User } from '../user.aggregate.js';

/**
 * Deletes a user for good and forgets the person: their data in all events, read models and unique values is gone with
 * the transaction, and their e-mail address is free again. Not to be called inside a transaction.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link LastOwner}
 * @example
 * await commandBus.execute(new DeleteUser(ctx, { id }));
 */
export class DeleteUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef,
  ) {
    super();
  }
}

/** Handles {@link DeleteUser}: the fact and the forgetting in one transaction, so that neither is without the other. */
@CommandHandler(DeleteUser)
export class DeleteUserHandler implements ICommandHandler<DeleteUser> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly personalData: PersonalData,
    private readonly links: IdentityLinks,
  ) {}

  execute({ ctx, input }: DeleteUser): Promise<AppendResult> {
    return retryingConflicts(() => this.delete(ctx, input));
  }

  private async delete(ctx: Context, { id, expectedVersion }: UserRef): Promise<AppendResult> {
    const user = await loadUser(this.store, ctx, id);
    user.delete();
    if (expectedVersion !== undefined && user.version !== expectedVersion)
      throw new VersionMismatch(User.streamType, id, expectedVersion);
    return this.database.asSystem('delete a user and forget the person', async (system) => {
      this.links.removeAllOf(system, { tenantId: ctx.tenantId, userId: id });
      const deleted = await this.database.inTenant(ctx.tenantId, () => this.store.save(ctx, user));
      await this.personalData.forget(ctx, id);
      return deleted;
    });
  }
}
