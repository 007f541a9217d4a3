export { PostgresIdempotencyStore } from './idempotency/postgres-idempotency-store.js';
export { tenancyMigrations } from './migrations/index.js';
export { PlatformTenantGuard } from './platform-tenant.guard.js';
export { PLATFORM_TENANT_ID } from './platform-tenant.js';
export { Recent, type RecentOptions } from './recent.js';
export { TenancyHttpModule, TenancyModule } from './tenancy.module.js';
export type { TenancyModuleOptions, TenancyWorkerOptions } from './tenancy.options.js';
export { CancelTenantDeletion } from './tenant/commands/cancel-tenant-deletion.command.js';
export { ChangeTenant } from './tenant/commands/change-tenant.command.js';
export { CreateTenant } from './tenant/commands/create-tenant.command.js';
export { MoveTenant } from './tenant/commands/move-tenant.command.js';
export { PurgeTenant } from './tenant/commands/purge-tenant.command.js';
export { ReactivateTenant } from './tenant/commands/reactivate-tenant.command.js';
export { ScheduleTenantDeletion } from './tenant/commands/schedule-tenant-deletion.command.js';
export { SuspendTenant } from './tenant/commands/suspend-tenant.command.js';
export { FollowTenants } from './tenant/tenant-directory/follow-tenants.query.js';
export { FollowTenantHistory } from './tenant/tenant-history/follow-tenant-history.query.js';
export { GetTenant } from './tenant/tenant-directory/get-tenant.query.js';
export { ListTenants } from './tenant/tenant-directory/list-tenants.query.js';
export { type KnownTenant, TenantLookup } from './tenant/tenant-directory/tenant-lookup.js';
export { GetTenantErasure } from './tenant/tenant-erasure/get-tenant-erasure.query.js';
export { ErasureBlocked, TenantErasureNotFound } from './tenant/tenant-erasure/tenant-erasure.errors.js';
export { TenantErasureResponse } from './tenant/tenant-erasure/tenant-erasure.schemas.js';
export { GetTenantHistory } from './tenant/tenant-history/get-tenant-history.query.js';
export { readImportLines, type ImportFormat, type ImportLine } from './tenant/tenant-import/import-lines.js';
export { ImportTenants } from './tenant/tenant-import/import-tenants.command.js';
export {
  ImportedLineDoubled,
  ImportedLineInvalid,
  ImportedLineTooLong,
  ImportedLineUnreadable,
  TooManyImportedLines,
} from './tenant/tenant-import/tenant-import.errors.js';
export { ImportReportLine, ImportTenantLine } from './tenant/tenant-import/tenant-import.schemas.js';
export { TenantSettings, type TenantSettingsSchema } from './tenant/tenant-settings.js';
export { TenantStatus } from './tenant/tenant-status/tenant-status.js';
export { ExportTenant } from './tenant/tenant-transfer/export-tenant.query.js';
export { ImportTenantEvents } from './tenant/tenant-transfer/import-tenant-events.command.js';
export {
  PlatformTenantRequired,
  TenantAlreadySuspended,
  TenantAwaitsDeletion,
  TenantGracePeriodRunning,
  TenantHasChildren,
  TenantHierarchyCycle,
  TenantHierarchyTooDeep,
  TenantNotAwaitingDeletion,
  TenantNotFound,
  TenantNotSuspended,
  TenantParentAwaitsDeletion,
  TenantParentNotFound,
  TenantPlanUnknown,
  TenantRefused,
  TenantRegionUnknown,
  TenantSettingsInvalid,
  TenantSlugInvalid,
  TenantSlugReserved,
  TenantSlugTaken,
  type TenantInputProblem,
  type TenantRefusal,
} from './tenant/tenant.errors.js';
export {
  TenantCreated,
  TenantDeletionCancelled,
  TenantDeletionScheduled,
  TenantHomeRegionChanged,
  TenantMoved,
  TenantPlanChanged,
  TenantPurged,
  TenantReactivated,
  TenantRenamed,
  TenantSettingsChanged,
  TenantSuspended,
  changedSettings,
  tenantEvents,
  type SettingsRecord,
  type TenantEvent,
} from './tenant/tenant.events.js';
export {
  ChangeTenantRequest,
  CreateTenantRequest,
  FollowTenantsQuery,
  ListTenantsQuery,
  TenantHistoryItem,
  TenantResponse,
} from './tenant/tenant.schemas.js';
