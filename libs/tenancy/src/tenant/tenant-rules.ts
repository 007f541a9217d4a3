import { Inject, Injectable } from '@nestjs/common';
import { MODULE_OPTIONS_TOKEN, type TenancyModuleOptions } from '../tenancy.options.js';
import type { NewTenant } from './tenant.aggregate.js';
import { inputProblems } from './input-problems.js';
import { TenantPlanUnknown, TenantRegionUnknown, TenantSettingsInvalid } from './tenant.errors.js';
import { changedSettings, type SettingsRecord } from './tenant.events.js';
import { changesBetween, TenantSettings } from './tenant-settings.js';
import { assertTenantSlug } from './tenant-slug.js';
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
   *
   * @throws {TenantSlugInvalid} {@link TenantSlugReserved} {@link TenantPlanUnknown} {@link TenantRegionUnknown}
   * @throws {TenantSettingsInvalid}
   */
  complete({ slug, name, plan, homeRegion, settings = {} }: CreateTenantRequest): Omit<NewTenant, 'parent'> {
    assertTenantSlug(slug);
    return {
      slug,
      name,
      plan: this.plan(plan),
      homeRegion: this.region(homeRegion),
      settings: this.checkedSettings(changedSettings({}, settings)),
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
   * What has to change in settings to have them as is wanted, with defaults for what is taken back or left out.
   *
   * @param wanted the settings to change; null takes one back.
   * @throws {TenantSettingsInvalid}
   */
  settingsChanges(current: SettingsRecord, wanted: SettingsRecord): SettingsRecord {
    return changesBetween(current, this.checkedSettings(changedSettings(current, wanted)));
  }

  /** When the grace period of a deletion ordered now ends. */
  deletionDueAt(now: Date, gracePeriodDays: number = this.gracePeriodDays): Date {
    return new Date(now.getTime() + gracePeriodDays * dayMs);
  }

  private checkedSettings(settings: SettingsRecord): SettingsRecord {
    const parsed = this.settings.safeParse(settings);
    if (parsed.success) return parsed.data as SettingsRecord;
    throw new TenantSettingsInvalid(inputProblems(parsed.error, '/settings'));
  }
}
