import { Inject, Injectable } from '@nestjs/common';
import { MODULE_OPTIONS_TOKEN, type TenancyModuleOptions } from '../tenancy.options.js';
import type { NewTenant } from './tenant.aggregate.js';
import { inputProblems } from './input-problems.js';
import { TenantPlanUnknown, TenantRegionUnknown, TenantSettingsInvalid } from './tenant.errors.js';
import { mergeSettings, TenantSettings, type SettingsRecord } from './tenant-settings.js';
import type { CreateTenantRequest } from './tenant.schemas.js';

const dayMs = 86_400_000;

/** What the app allows its tenants, as configured: the part of the rules that an aggregate cannot know. */
@Injectable()
export class TenantRules {
  private readonly settings;
  private readonly plans;
  private readonly regions;
  private readonly gracePeriodDays;

  constructor(@Inject(MODULE_OPTIONS_TOKEN) options: TenancyModuleOptions) {
    this.settings = options.settings ?? TenantSettings;
    this.plans = options.plans ?? (['free', 'standard', 'enterprise'] as const);
    this.regions = options.regions ?? (['eu', 'us'] as const);
    this.gracePeriodDays = options.gracePeriodDays ?? 30;
  }

  /**
   * A new tenant with what was left out filled in.
   * @throws {TenantPlanUnknown} {@link TenantRegionUnknown} {@link TenantSettingsInvalid}
   */
  complete({ slug, name, plan, homeRegion, settings = {} }: CreateTenantRequest): Omit<NewTenant, 'parent'> {
    return {
      slug,
      name,
      plan: this.plan(plan),
      homeRegion: this.region(homeRegion),
      settings: this.changedSettings({}, settings),
    };
  }

  /**
   * A plan on offer; the default one if none is named.
   * @throws {TenantPlanUnknown}
   */
  plan(plan: string = this.plans[0]): string {
    if (!this.plans.includes(plan)) throw new TenantPlanUnknown(this.plans);
    return plan;
  }

  /**
   * A region that the platform runs in; the default one if none is named.
   * @throws {TenantRegionUnknown}
   */
  region(region: string = this.regions[0]): string {
    if (!this.regions.includes(region)) throw new TenantRegionUnknown(this.regions);
    return region;
  }

  /**
   * All settings after a change, defaults filled in.
   * @throws {TenantSettingsInvalid}
   */
  changedSettings(current: SettingsRecord, changes: SettingsRecord): SettingsRecord {
    const parsed = this.settings.safeParse(mergeSettings(current, changes));
    if (parsed.success) return parsed.data as SettingsRecord;
    throw new TenantSettingsInvalid(inputProblems(parsed.error, '/settings'));
  }

  /** When the grace period of a deletion ordered now ends. */
  deletionDueAt(now: Date, gracePeriodDays: number = this.gracePeriodDays): Date {
    return new Date(now.getTime() + gracePeriodDays * dayMs);
  }
}
