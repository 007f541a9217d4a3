import { Database } from '@acci/database';
import {
  EventStore,
  PersonalData,
  VersionMismatch,
  type AppendResult,
  type Context,
} from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate, type Grantor, program } from '../../grant/grant-gate.js';
import type { UserRef } from '../change-user.js';
import { IdentityLinks } from '../identity-link/identity-links.js';
import { loadUser } from '../load-user.js';
import { retryingConflicts } from '../retry-conflicts.js';
import { User } from '../user.aggregate.js';

/**
 * Deletes a user for good and forgets the person: their data in all events, read models and unique values is gone with
 * the transaction, and their e-mail address is free again. Their users in other tenants are linked with nobody any more,
 * and say so. Not to be called inside a transaction.
 *
 * @throws {UserNotFound} {@link VersionMismatch} {@link PermissionNotHeld} {@link LastOwner}
 * @example
 * await commandBus.execute(new DeleteUser(ctx, { id }));
 */
export class DeleteUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: UserRef,
    readonly by: Grantor = program,
  ) {
    super();
  }
}

/** Handles {@link DeleteUser}: the facts and the forgetting in one transaction, so that none is without the others. */
@CommandHandler(DeleteUser)
export class DeleteUserHandler implements ICommandHandler<DeleteUser> {
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly gate: GrantGate,
    private readonly personalData: PersonalData,
    private readonly links: IdentityLinks,
  ) {}

  /**
   * One after the other: each holds a connection of the system while it waits for the gate, and whoever is in the gate may
   * need one for the key of a person.
   */
  execute(command: DeleteUser): Promise<AppendResult> {
    const deleted = this.last.then(() => retryingConflicts(() => this.delete(command)));
    this.last = deleted.catch(() => undefined);
    return deleted;
  }

  private async delete({ ctx, input: { id, expectedVersion }, by }: DeleteUser): Promise<AppendResult> {
    const user = await loadUser(this.store, ctx, id);
    user.delete();
    if (expectedVersion !== undefined && user.version !== expectedVersion)
      throw new VersionMismatch(User.streamType, id, expectedVersion);
    const me = { tenantId: ctx.tenantId, userId: id };
    const others = await this.links.otherSidesOf(me);
    return this.database.asSystem('delete a user and forget the person', async (system) => {
      this.links.removeAllOf(system, me);
      const deleted = await this.gate.change(ctx, by, async (check) => {
        await check.assertUser(id);
        return this.store.save(ctx, user);
      });
      await this.links.saveUnlinked(others);
      await this.personalData.forget(ctx, id);
      return deleted;
    });
  }
}
