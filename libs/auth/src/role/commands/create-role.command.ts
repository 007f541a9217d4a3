import { uuidv7 } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate, type Grantor } from '../../grant/grant-gate.js';
import { Role } from '../role.aggregate.js';
import type { RoleDescription } from '../role.events.js';
import { RoleRules } from '../role-rules.js';

/**
 * Makes a role of the context's tenant, by somebody who holds what it gives. The result's `streamId` is its id.
 *
 * @throws {PermissionUnknown} {@link RoleNotPlatform} {@link RoleConditionUnsupported} for what no role can give.
 * @throws {PermissionNotHeld} {@link RoleNameTaken}
 * @example
 * const role = { name: 'Reader', description: null, permissions: ['auth.users.read'], condition: null };
 * const { streamId } = await commandBus.execute(new CreateRole(ctx, caller, role));
 */
export class CreateRole extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly grantor: Grantor,
    readonly input: RoleDescription,
  ) {
    super();
  }
}

/** Handles {@link CreateRole}. */
@CommandHandler(CreateRole)
export class CreateRoleHandler implements ICommandHandler<CreateRole> {
  constructor(
    private readonly store: EventStore,
    private readonly gate: GrantGate,
    private readonly rules: RoleRules,
  ) {}

  async execute({ ctx, grantor, input }: CreateRole): Promise<AppendResult> {
    this.rules.assertName(input.name);
    this.rules.assertPossible(ctx.tenantId, input);
    const make = (): Promise<AppendResult> =>
      this.gate.change(ctx, grantor, (check) => {
        check.assertTerms(input);
        const role = new Role(uuidv7());
        role.create(input);
        return this.store.save(ctx, role);
      });
    return this.store.once(ctx, make, { command: ['CreateRole', input] });
  }
}
