import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { TenantSettingsSchema } from './tenant/tenant-settings.js';

/** How `TenancyModule` is set up. Everything has a default. */
export interface TenancyModuleOptions {
  /** The schema of tenants' settings. Default `TenantSettings`; extend that one. */
  readonly settings?: TenantSettingsSchema;
  /** The plans on offer, the default one first. Default `free`, `standard`, `enterprise`. */
  readonly plans?: readonly [string, ...string[]];
  /** The regions that tenants can be at home in, the default one first. Default `eu` and `us`. */
  readonly regions?: readonly [string, ...string[]];
  /** Days between the order to delete a tenant and its purge, unless the order says otherwise. Default 30. */
  readonly gracePeriodDays?: number;
  /** The work that goes on without a request. Default: none; a worker process turns it on. */
  readonly worker?: TenancyWorkerOptions;
}

/** Purging of tenants that are due, erasing of what was purged, and clearing of idempotency keys that expired. */
export interface TenancyWorkerOptions {
  readonly enabled: boolean;
  /** Milliseconds between two looks for something to do. Default 10,000. */
  readonly intervalMs?: number;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<TenancyModuleOptions>()
    .setClassMethodName('forRoot')
    // Global: whoever lets requests in asks `TenantStatus`, wherever that is.
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
