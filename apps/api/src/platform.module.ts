import { AuthMailModule, AuthModule } from '@acci/auth';
import { DatabaseModule } from '@acci/database';
import { EventStoreModule, StreamArchiverModule } from '@acci/event-store';
import { MailModule } from '@acci/mail';
import { ObservabilityModule } from '@acci/observability';
import { ProjectionsModule, ReactionsModule } from '@acci/projections';
import { correlationIdOf, identityOf } from '@acci/rest';
import { TenancyModule } from '@acci/tenancy';
import { Module, type DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type { Config } from './config.js';
import { mailOptions } from './mail-options.js';
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
    const mail = mailOptions(config);
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
        AuthModule.forRoot({
          operatorKey: config.ACCI_OPERATOR_KEY,
          operator: operatorOf(config),
          publicUrl: config.ACCI_FRONT_END_URL ?? config.ACCI_PUBLIC_URL ?? `http://localhost:${config.PORT}`,
          apiUrl: config.ACCI_PUBLIC_URL ?? `http://localhost:${config.PORT}`,
          tenantDomain: config.ACCI_TENANT_DOMAIN,
          insecureCookies: config.NODE_ENV === 'development',
          origins: config.ACCI_CORS_ORIGINS,
        }),
        ...(mail ? [MailModule.forRoot(mail), AuthMailModule] : []),
        OperationsModule,
      ],
    };
  }
}

function operatorOf({ ACCI_OPERATOR_EMAIL: email, ACCI_OPERATOR_PASSWORD: password }: Config) {
  return email !== undefined && password !== undefined ? { email, password } : undefined;
}
