import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate, type Grantor } from '../../grant/grant-gate.js';
import { isBuiltIn } from '../built-in-roles.js';
import { Role } from '../role.aggregate.js';
import { RoleBuiltIn, RoleNotFound } from '../role.errors.js';
import type { RoleDescription } from '../role.events.js';
import { RoleRules } from '../role-rules.js';

/** Which role a command is about. */
export interface RoleRef {
  readonly id: string;
  /** The version that the caller has seen: nothing is decided on any other. */
  readonly expectedVersion?: number | undefined;
}

/**
 * Changes what a role is called or gives, to everybody who has it: all that is named, or nothing. Whoever changes what
 * it gives must hold all that it gave, and all that it gives then.
 *
 * @throws {RoleNotFound} {@link RoleBuiltIn} {@link VersionMismatch} {@link RoleNameTaken}
 * @throws {PermissionNotHeld} and what {@link CreateRole} throws.
 * @example
 * await commandBus.execute(new ChangeRole(ctx, caller, { id, role: { permissions: ['auth.users.read'] } }));
 */
export class ChangeRole extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly grantor: Grantor,
    readonly input: RoleRef & { readonly role: Partial<RoleDescription> },
  ) {
    super();
  }
}

/** Handles {@link ChangeRole}. */
@CommandHandler(ChangeRole)
export class ChangeRoleHandler implements ICommandHandler<ChangeRole> {
  constructor(
    private readonly store: EventStore,
    private readonly gate: GrantGate,
    private readonly rules: RoleRules,
  ) {}

  async execute({ ctx, grantor, input }: ChangeRole): Promise<AppendResult> {
    const { id, expectedVersion, role: wanted } = input;
    if (isBuiltIn(id)) throw new RoleBuiltIn(id);
    if (wanted.name !== undefined) this.rules.assertName(wanted.name);
    const change = (): Promise<AppendResult> =>
      this.gate.change(ctx, grantor, (check) => {
        const decide = (role: Role): void => {
          const before = role.terms;
          const given = role.change(wanted);
          if (!given) return;
          this.rules.assertPossible(ctx.tenantId, given);
          // Else somebody would take by it from others what they could not take by their roles.
          check.assertHad(before);
          check.assertTerms(given);
        };
        return this.store.update(ctx, Role, id, decide, {
          expectedVersion,
          notFound: () => new RoleNotFound(id),
        });
      });
    return this.store.once(ctx, change, { command: ['ChangeRole', input] });
  }
}
