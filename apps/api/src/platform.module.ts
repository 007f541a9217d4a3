import { AuthModule } from '@acci/auth';
import { DatabaseModule } from '@acci/database';
import { EventStoreModule, StreamArchiverModule } from '@acci/event-store';
import { ObservabilityModule } from '@acci/observability';
import { ProjectionsModule, ReactionsModule } from '@acci/projections';
import { correlationIdOf, identityOf } from '@acci/rest';
import { TenancyModule } from '@acci/tenancy';
import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type { Config } from './config.js';
import { openMasterKey } from './master-key.js';
import { afterMigrate, migrations } from './migrations.js';
import { OperationsModule } from './operations/operations.module.js';
import type { ServerDatabase } from './server-database.js';

/** Everything but HTTP: what the api and the worker have in common. */
@Module({})
export class PlatformModule {
  /** @param prepareProjections false for a tool that leaves the tables of projections to the servers. */
  static forRoot(
    config: Config,
    { urls }: Pick<ServerDatabase, 'urls'>,
    serviceName: string,
    { prepareProjections = true } = {},
  ): DynamicModule {
    return {
      module: PlatformModule,
      imports: [
        ObservabilityModule.forRoot({
          serviceName,
          log: { level: config.LOG_LEVEL, pretty: config.LOG_PRETTY },
          requestFields: (request) => ({
            tenant: identityOf(request)?.tenantId,
            actor: identityOf(request)?.actor,
            correlation: correlationIdOf(request),
          }),
          managementPort: config.ACCI_MANAGEMENT_PORT,
          managementHost: config.HOST,
          otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
          otlpHeaders: config.OTEL_EXPORTER_OTLP_HEADERS,
        }),
        DatabaseModule.forRoot({
          urls,
          migrations,
          afterMigrate,
          migrateOnStart: config.ACCI_MIGRATE_ON_START,
          pool: { max: config.DATABASE_POOL_MAX, statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS },
        }),
        StreamArchiverModule.forRoot({ enabled: config.ACCI_WORKER }),
        EventStoreModule.forRootAsync({
          useFactory: async () => ({ keyProvider: await openMasterKey(config) }),
        }),
        ProjectionsModule.forRoot({ runner: config.ACCI_WORKER, prepare: prepareProjections }),
        ReactionsModule.forRoot({ worker: config.ACCI_WORKER }),
        CqrsModule.forRoot(),
        TenancyModule.forRoot({ worker: { enabled: config.ACCI_WORKER } }),
        AuthModule.forRoot({ operatorKey: config.ACCI_OPERATOR_KEY }),
        OperationsModule,
      ],
    };
  }
}
