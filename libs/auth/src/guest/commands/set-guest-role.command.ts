import { Database, prepared } from '@acci/database';
import { EventStore, StreamNotFound, type AppendResult, type Context } from '@acci/event-store';
import { TenantLookup } from '@acci/tenancy';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate, type Grantor } from '../../grant/grant-gate.js';
import { UserAccounts } from '../../user/user-accounts.js';
import { Guest, type GuestRef } from '../guest.aggregate.js';
import { GuestNotFound } from '../guest.errors.js';

const selectGuest = prepared(`
  select principal_id as "userId", home_tenant_id as "homeTenantId"
    from acci.role_assignments
   where tenant_id = $1::uuid and principal_type = 'guest' and principal_id = $2::uuid
   limit 1`);

/** Which user of a tenant above is to have, or not to have, which role in this one. */
export interface GuestRoleInput {
  readonly userId: string;
  readonly roleId: string;
  /** True to assign the role, false to take it. What is so already stays so. */
  readonly has: boolean;
}

/**
 * Gives a user of a tenant above the context's a role in the context's tenant or takes it. Whoever does must hold, in
 * that tenant, all that the role gives.
 *
 * @throws {GuestNotFound} for a user of no tenant above: of one beside or below, or of none.
 * @throws {RoleNotFound} {@link PermissionNotHeld}
 * @example
 * await commandBus.execute(new SetGuestRole(childCtx, caller, { userId, roleId: 'admin', has: true }));
 */
export class SetGuestRole extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly grantor: Grantor,
    readonly input: GuestRoleInput,
  ) {
    super();
  }
}

/** Handles {@link SetGuestRole}. */
@CommandHandler(SetGuestRole)
export class SetGuestRoleHandler implements ICommandHandler<SetGuestRole> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly gate: GrantGate,
    private readonly tenants: TenantLookup,
    private readonly accounts: UserAccounts,
  ) {}

  async execute({ ctx, grantor, input }: SetGuestRole): Promise<AppendResult> {
    const { userId, roleId, has } = input;
    const ref = has ? await this.findUser(ctx.tenantId, userId) : await this.findGuest(ctx.tenantId, userId);
    const set = (): Promise<AppendResult> =>
      this.gate.change(ctx, grantor, async (check) => {
        await check.assertRole(roleId, has);
        const guest = await this.store.load(ctx, Guest, Guest.idOf(ref)).catch((error: unknown) => {
          if (error instanceof StreamNotFound) return new Guest(Guest.idOf(ref));
          throw error;
        });
        if (has) guest.assignRole(ref, roleId);
        else guest.revokeRole(ref, roleId);
        return this.store.save(ctx, guest);
      });
    return this.store.once(ctx, set, { command: ['SetGuestRole', input] });
  }

  /** Read outside the transaction, which sees one tenant only. */
  private async findUser(tenantId: string, userId: string): Promise<GuestRef> {
    for (const homeTenantId of await this.tenants.ancestorsOf(tenantId)) {
      if (await this.accounts.findById(homeTenantId, userId)) return { homeTenantId, userId };
    }
    throw new GuestNotFound(userId);
  }

  /** Also one who has gone since, or whose tenant is not above this one any more. */
  private async findGuest(tenantId: string, userId: string): Promise<GuestRef> {
    const [guest] = await this.database.readInTenant<GuestRef>(tenantId, selectGuest, [tenantId, userId]);
    return guest ?? this.findUser(tenantId, userId);
  }
}
