import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate, type Grantor } from '../../grant/grant-gate.js';
import { type ServiceAccountRef, updateServiceAccount } from '../change-service-account.js';
import { KnownPermissions } from '../known-permissions.js';
import type { ServiceAccountTerms } from '../service-account.aggregate.js';

/**
 * Changes what a service account is called or may do. Whoever gives it more must hold that; its access tokens lose at
 * once what it loses.
 *
 * @throws {ServiceAccountNotFound} {@link VersionMismatch} {@link ServiceAccountNameTaken}
 * @throws {PermissionUnknown} {@link PermissionNotHeld} {@link ServiceAccountNotPlatform} for permissions that it cannot
 *   have.
 * @example
 * await commandBus.execute(new ChangeServiceAccount(ctx, caller, { id, changes: { permissions: [] } }));
 */
export class ChangeServiceAccount extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly caller: Grantor,
    readonly input: ServiceAccountRef & { readonly changes: Partial<ServiceAccountTerms> },
  ) {
    super();
  }
}

/** Handles {@link ChangeServiceAccount}. */
@CommandHandler(ChangeServiceAccount)
export class ChangeServiceAccountHandler implements ICommandHandler<ChangeServiceAccount> {
  constructor(
    private readonly store: EventStore,
    private readonly permissions: KnownPermissions,
    private readonly gate: GrantGate,
  ) {}

  async execute({ ctx, caller, input }: ChangeServiceAccount): Promise<AppendResult> {
    const wanted = input.changes.permissions ?? [];
    this.permissions.assertKnown(ctx.tenantId, wanted);
    const change = (): Promise<AppendResult> =>
      this.gate.change(ctx, caller, (check) =>
        updateServiceAccount(this.store, ctx, input, (account) => {
          const more = wanted.filter((permission) => !account.permissions.includes(permission));
          check.assertTerms({ permissions: more, condition: null });
          account.change(input.changes);
        }),
      );
    return this.store.once(ctx, change, { command: ['ChangeServiceAccount', input] });
  }
}
