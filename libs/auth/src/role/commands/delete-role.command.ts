import { prepared } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate, program } from '../../grant/grant-gate.js';
import { isBuiltIn } from '../built-in-roles.js';
import { Role } from '../role.aggregate.js';
import { RoleStillAssigned, RoleBuiltIn, RoleNotFound } from '../role.errors.js';
import type { RoleRef } from './change-role.command.js';

const countAssignments = prepared(`
  select count(*)::int as assignments from acci.role_assignments where tenant_id = $1::uuid and role_id = $2`);

/**
 * Deletes a role that nobody has.
 *
 * @throws {RoleNotFound} {@link RoleBuiltIn} {@link RoleStillAssigned} {@link VersionMismatch}
 * @example
 * await commandBus.execute(new DeleteRole(ctx, { id }));
 */
export class DeleteRole extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: RoleRef,
  ) {
    super();
  }
}

/** Handles {@link DeleteRole}. */
@CommandHandler(DeleteRole)
export class DeleteRoleHandler implements ICommandHandler<DeleteRole> {
  constructor(
    private readonly store: EventStore,
    private readonly gate: GrantGate,
  ) {}

  async execute({ ctx, input }: DeleteRole): Promise<AppendResult> {
    const { id, expectedVersion } = input;
    if (isBuiltIn(id)) throw new RoleBuiltIn(id);
    const remove = (): Promise<AppendResult> =>
      // Nobody assigns it meanwhile. What nobody has gives nothing: it takes no right to take it away.
      this.gate.change(ctx, program, async ({ tx }) => {
        const [row] = await tx.query<{ assignments: number }>(countAssignments, [ctx.tenantId, id]);
        if (row && row.assignments > 0) throw new RoleStillAssigned(row.assignments);
        return this.store.update(ctx, Role, id, (role) => role.delete(), {
          expectedVersion,
          notFound: () => new RoleNotFound(id),
        });
      });
    return this.store.once(ctx, remove, { command: ['DeleteRole', input] });
  }
}
