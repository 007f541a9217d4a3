import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Tenant } from '../tenant.aggregate.js';
import { TenantNotFound } from '../tenant.errors.js';
import { TenantRules } from '../tenant-rules.js';
import type { ChangeTenantRequest } from '../tenant.schemas.js';

/**
 * Renames a tenant and changes its settings, plan or home region: all that is named, or nothing.
 *
 * @throws {TenantNotFound} {@link TenantAwaitsDeletion} {@link TenantPlanUnknown} {@link TenantRegionUnknown}
 * @throws {TenantSettingsInvalid} {@link VersionMismatch}
 * @example
 * await commandBus.execute(new ChangeTenant(ctx, { id, settings: { locale: 'de-CH' } }));
 */
export class ChangeTenant extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: ChangeTenantRequest & {
      readonly id: string;
      readonly expectedVersion?: number | undefined;
    },
  ) {
    super();
  }
}

/** Handles {@link ChangeTenant}. */
@CommandHandler(ChangeTenant)
export class ChangeTenantHandler implements ICommandHandler<ChangeTenant> {
  constructor(
    private readonly store: EventStore,
    private readonly rules: TenantRules,
  ) {}

  execute({ ctx, input }: ChangeTenant): Promise<AppendResult> {
    const { id, expectedVersion, name, plan, homeRegion, settings } = input;
    const change = (tenant: Tenant): void => {
      if (name !== undefined) tenant.rename(name);
      if (plan !== undefined) tenant.changePlan(this.rules.plan(plan));
      if (homeRegion !== undefined) tenant.changeHomeRegion(this.rules.region(homeRegion));
      if (settings) tenant.changeSettings(this.rules.settingsChanges(tenant.settings, settings));
    };
    return this.store.update(ctx, Tenant, id, change, {
      expectedVersion,
      notFound: () => new TenantNotFound(id),
    });
  }
}
