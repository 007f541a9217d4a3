import { uuidv7 } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate, type Grantor } from '../../grant/grant-gate.js';
import { ServiceAccount, type ServiceAccountTerms } from '../service-account.aggregate.js';
import { KnownPermissions } from '../known-permissions.js';

/**
 * Makes a service account in the context's tenant, for somebody who gives it no more than they hold; the result's
 * `streamId` is its id.
 *
 * @throws {PermissionUnknown} {@link PermissionNotHeld} {@link ServiceAccountNotPlatform} for permissions that it cannot
 *   have.
 * @throws {ServiceAccountNameTaken}
 * @example
 * const terms = { name: 'Nightly export', description: null, permissions: ['shop.orders.read'] };
 * const { streamId } = await commandBus.execute(new CreateServiceAccount(ctx, caller, terms));
 */
export class CreateServiceAccount extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly creator: Grantor,
    readonly terms: ServiceAccountTerms,
  ) {
    super();
  }
}

/** Handles {@link CreateServiceAccount}. */
@CommandHandler(CreateServiceAccount)
export class CreateServiceAccountHandler implements ICommandHandler<CreateServiceAccount> {
  constructor(
    private readonly store: EventStore,
    private readonly permissions: KnownPermissions,
    private readonly gate: GrantGate,
  ) {}

  async execute({ ctx, creator, terms }: CreateServiceAccount): Promise<AppendResult> {
    this.permissions.assertKnown(ctx.tenantId, terms.permissions);
    const make = (): Promise<AppendResult> =>
      this.gate.change(ctx, creator, (check) => {
        check.assertTerms({ permissions: terms.permissions, condition: null });
        const account = new ServiceAccount(uuidv7());
        account.create(terms);
        return this.store.save(ctx, account);
      });
    return this.store.once(ctx, make, { command: ['CreateServiceAccount', terms] });
  }
}
