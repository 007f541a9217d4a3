import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate, type Grantor } from '../../grant/grant-gate.js';
import { holders, type Principal, type RoleHolder } from '../role-holders.js';

/** Who is to have, or not to have, which role. */
export interface SetRoleInput {
  readonly principal: Principal;
  readonly roleId: string;
  /** True to assign the role, false to take it. What is so already stays so. */
  readonly has: boolean;
}

/**
 * Gives somebody of the context's tenant a role or takes it; of a group, all of its members. Whoever does must hold all
 * that the role gives.
 *
 * @throws {RoleNotFound} {@link PermissionNotHeld}
 * @throws {UserNotFound} {@link GroupNotFound} {@link ApiKeyNotFound} {@link ServiceAccountNotFound}
 * @throws {LastOwner} if it takes the tenant's last owner away.
 * @example
 * const principal: Principal = { type: 'user', id: userId };
 * await commandBus.execute(new SetRole(ctx, caller, { principal, roleId: 'admin', has: true }));
 */
export class SetRole extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly grantor: Grantor,
    readonly input: SetRoleInput,
  ) {
    super();
  }
}

/** Handles {@link SetRole}. */
@CommandHandler(SetRole)
export class SetRoleHandler implements ICommandHandler<SetRole> {
  constructor(
    private readonly store: EventStore,
    private readonly gate: GrantGate,
  ) {}

  execute({ ctx, grantor, input }: SetRole): Promise<AppendResult> {
    const { principal, roleId, has } = input;
    const { aggregate, notFound } = holders[principal.type];
    const set = (): Promise<AppendResult> =>
      this.gate.change(ctx, grantor, async (check) => {
        await check.assertRole(roleId, has);
        const decide = (holder: RoleHolder): void =>
          has ? holder.assignRole(roleId) : holder.revokeRole(roleId);
        return this.store.update(ctx, aggregate, principal.id, decide, {
          notFound: () => notFound(principal.id),
        });
      });
    return this.store.once(ctx, set, { command: ['SetRole', input] });
  }
}
