import { EventStoreModule, LiveFeedModule } from '@acci/event-store';
import { ProjectionsModule } from '@acci/projections';
import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { PostgresIdempotencyStore } from './idempotency/postgres-idempotency-store.js';
import { ConfigurableModuleClass, type TenancyModuleOptions } from './tenancy.options.js';
import { CancelTenantDeletionHandler } from './tenant/commands/cancel-tenant-deletion.command.js';
import { ChangeTenantHandler } from './tenant/commands/change-tenant.command.js';
import { CreateTenantHandler } from './tenant/commands/create-tenant.command.js';
import { MoveTenantHandler } from './tenant/commands/move-tenant.command.js';
import { PurgeTenantHandler } from './tenant/commands/purge-tenant.command.js';
import { ReactivateTenantHandler } from './tenant/commands/reactivate-tenant.command.js';
import { ScheduleTenantDeletionHandler } from './tenant/commands/schedule-tenant-deletion.command.js';
import { SuspendTenantHandler } from './tenant/commands/suspend-tenant.command.js';
import { FollowTenantsHandler } from './tenant/tenant-directory/follow-tenants.query.js';
import { FollowTenantHistoryHandler } from './tenant/tenant-history/follow-tenant-history.query.js';
import { GetTenantHandler } from './tenant/tenant-directory/get-tenant.query.js';
import { ListTenantsHandler } from './tenant/tenant-directory/list-tenants.query.js';
import { TenantDirectoryProjection } from './tenant/tenant-directory/tenant-directory.projection.js';
import { TenantLookup } from './tenant/tenant-directory/tenant-lookup.js';
import { GetTenantErasureHandler } from './tenant/tenant-erasure/get-tenant-erasure.query.js';
import { TenancyWorker } from './tenant/tenant-erasure/tenancy-worker.js';
import { TenantErasure } from './tenant/tenant-erasure/tenant-erasure.js';
import { GetTenantHistoryHandler } from './tenant/tenant-history/get-tenant-history.query.js';
import { ImportTenantsHandler } from './tenant/tenant-import/import-tenants.command.js';
import { TenantImportController } from './tenant/tenant-import/tenant-import.controller.js';
import { ExportTenantHandler } from './tenant/tenant-transfer/export-tenant.query.js';
import { ImportTenantEventsHandler } from './tenant/tenant-transfer/import-tenant-events.command.js';
import { TenantStreamController } from './tenant/tenant-stream.controller.js';
import { TenantTransferController } from './tenant/tenant-transfer/tenant-transfer.controller.js';
import { TenantRules } from './tenant/tenant-rules.js';
import { TenantStatus } from './tenant/tenant-status/tenant-status.js';
import { Tenant } from './tenant/tenant.aggregate.js';
import { TenantController } from './tenant/tenant.controller.js';
import { TenantLifeController } from './tenant/tenant-life.controller.js';

const commandHandlers = [
  CancelTenantDeletionHandler,
  ChangeTenantHandler,
  CreateTenantHandler,
  ImportTenantEventsHandler,
  ImportTenantsHandler,
  MoveTenantHandler,
  PurgeTenantHandler,
  ReactivateTenantHandler,
  ScheduleTenantDeletionHandler,
  SuspendTenantHandler,
];

const queryHandlers = [
  ExportTenantHandler,
  GetTenantErasureHandler,
  GetTenantHandler,
  GetTenantHistoryHandler,
  ListTenantsHandler,
];

/**
 * Tenants and their life: commands and queries for the buses of `@nestjs/cqrs`, and {@link TenantStatus} for the
 * guard that lets requests in. It needs `DatabaseModule`, `EventStoreModule` and `ProjectionsModule`.
 *
 * @example
 * TenancyModule.forRoot({ plans: ['basic', 'pro'], regions: ['eu', 'us'], worker: { enabled: true } })
 */
@Module({
  imports: [
    CqrsModule,
    EventStoreModule.forFeature([Tenant]),
    ProjectionsModule.forFeature([TenantDirectoryProjection]),
  ],
  providers: [
    ...commandHandlers,
    ...queryHandlers,
    PostgresIdempotencyStore,
    TenancyWorker,
    TenantErasure,
    TenantLookup,
    TenantRules,
    TenantStatus,
  ],
  exports: [PostgresIdempotencyStore, TenantLookup, TenantStatus],
})
export class TenancyModule extends ConfigurableModuleClass {
  /** Everything has a default, so the options can be left out. */
  static override forRoot(options: TenancyModuleOptions = {}): DynamicModule {
    return super.forRoot(options);
  }
}

/**
 * The REST API of tenants, under `/v1/tenants`, for those who run the platform. It needs {@link TenancyModule} in
 * the same process, and `configureApp` of `@acci/rest`.
 */
@Module({
  imports: [CqrsModule, LiveFeedModule],
  controllers: [
    TenantStreamController,
    TenantController,
    TenantImportController,
    TenantLifeController,
    TenantTransferController,
  ],
  providers: [FollowTenantsHandler, FollowTenantHistoryHandler],
})
export class TenancyHttpModule {}
