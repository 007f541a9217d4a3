import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate, type Grantor } from '../../grant/grant-gate.js';
import { Group } from '../group.aggregate.js';
import { GroupNotFound } from '../group.errors.js';
import type { GroupRef } from './change-group.command.js';

/**
 * Deletes a group, and with it what its members had through it. Whoever does must hold all that the group gives.
 *
 * @throws {GroupNotFound} {@link VersionMismatch} {@link PermissionNotHeld}
 * @throws {LastOwner} if the tenant's last owner is one through the group.
 * @example
 * await commandBus.execute(new DeleteGroup(ctx, caller, { id }));
 */
export class DeleteGroup extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly grantor: Grantor,
    readonly input: GroupRef,
  ) {
    super();
  }
}

/** Handles {@link DeleteGroup}. */
@CommandHandler(DeleteGroup)
export class DeleteGroupHandler implements ICommandHandler<DeleteGroup> {
  constructor(
    private readonly store: EventStore,
    private readonly gate: GrantGate,
  ) {}

  execute({ ctx, grantor, input }: DeleteGroup): Promise<AppendResult> {
    const { id, expectedVersion } = input;
    const remove = (): Promise<AppendResult> =>
      this.gate.change(ctx, grantor, async (check) => {
        await check.assertGroup(id, false);
        return this.store.update(ctx, Group, id, (group) => group.delete(), {
          expectedVersion,
          notFound: () => new GroupNotFound(id),
        });
      });
    return this.store.once(ctx, remove, { command: ['DeleteGroup', input] });
  }
}
