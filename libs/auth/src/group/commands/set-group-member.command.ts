import { prepared } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate, type Grantor } from '../../grant/grant-gate.js';
import { UserNotFound } from '../../user/user.errors.js';
import { Group } from '../group.aggregate.js';
import { GroupNotFound } from '../group.errors.js';

const selectUser = prepared('select id from acci.users where tenant_id = $1::uuid and id = $2::uuid');

/** Who is to be, or not to be, in which group. */
export interface GroupMemberInput {
  readonly groupId: string;
  readonly userId: string;
  /** True to take the user in, false to take them out. What is so already stays so. */
  readonly isMember: boolean;
}

/**
 * Takes a user into a group or out of it. Whoever does must hold all that the group gives.
 *
 * @throws {GroupNotFound} {@link UserNotFound} {@link PermissionNotHeld}
 * @throws {LastOwner} if the tenant's last owner is one through the group.
 * @example
 * await commandBus.execute(new SetGroupMember(ctx, caller, { groupId, userId, isMember: true }));
 */
export class SetGroupMember extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly grantor: Grantor,
    readonly input: GroupMemberInput,
  ) {
    super();
  }
}

/** Handles {@link SetGroupMember}. */
@CommandHandler(SetGroupMember)
export class SetGroupMemberHandler implements ICommandHandler<SetGroupMember> {
  constructor(
    private readonly store: EventStore,
    private readonly gate: GrantGate,
  ) {}

  execute({ ctx, grantor, input }: SetGroupMember): Promise<AppendResult> {
    const { groupId, userId, isMember } = input;
    const set = (): Promise<AppendResult> =>
      this.gate.change(ctx, grantor, async (check) => {
        await check.assertGroup(groupId, isMember);
        if (isMember && (await check.tx.query(selectUser, [ctx.tenantId, userId])).length === 0)
          throw new UserNotFound(userId);
        const decide = (group: Group): void =>
          isMember ? group.addMember(userId) : group.removeMember(userId);
        return this.store.update(ctx, Group, groupId, decide, { notFound: () => new GroupNotFound(groupId) });
      });
    return this.store.once(ctx, set, { command: ['SetGroupMember', input] });
  }
}
