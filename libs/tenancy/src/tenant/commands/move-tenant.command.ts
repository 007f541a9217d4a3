import { Database } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Tenant } from '../tenant.aggregate.js';
import { TenantNotFound } from '../tenant.errors.js';
import { lockHierarchy, readHeight, readParent } from '../tenant-hierarchy.js';

/**
 * Puts a tenant, with all those below it, below another one; with null, at the top.
 *
 * @throws {TenantNotFound} {@link TenantAwaitsDeletion} {@link TenantParentNotFound} {@link TenantParentAwaitsDeletion}
 * @throws {TenantHierarchyCycle} {@link TenantHierarchyTooDeep} {@link VersionMismatch}
 * @throws {StreamConflict} if the tenant changed in the same moment.
 * @example
 * await commandBus.execute(new MoveTenant(ctx, { id, parentId }));
 */
export class MoveTenant extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: {
      readonly id: string;
      readonly parentId: string | null;
      readonly expectedVersion?: number | undefined;
    },
  ) {
    super();
  }
}

/** Handles {@link MoveTenant}: looks at the hierarchy and changes it under one lock. */
@CommandHandler(MoveTenant)
export class MoveTenantHandler implements ICommandHandler<MoveTenant> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
  ) {}

  execute({ ctx, input }: MoveTenant): Promise<AppendResult> {
    return this.store.once(ctx, () => this.move(ctx, input), { command: ['MoveTenant', input] });
  }

  private move(ctx: Context, { id, parentId, expectedVersion }: MoveTenant['input']): Promise<AppendResult> {
    return this.database.inTenant(ctx.tenantId, async (tx) => {
      lockHierarchy(tx, 'exclusive');
      const parent = parentId === null ? undefined : await readParent(tx, parentId);
      const height = await readHeight(tx, id);
      return this.store.update(ctx, Tenant, id, (tenant) => tenant.move(parent, height), {
        expectedVersion,
        notFound: () => new TenantNotFound(id),
      });
    });
  }
}
