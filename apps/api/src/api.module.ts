import { AuthHttpModule } from '@acci/auth';
import { IDEMPOTENCY_STORE, RestModule } from '@acci/rest';
import { PostgresIdempotencyStore, TenancyHttpModule } from '@acci/tenancy';
import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from './config.js';
import { PlatformModule } from './platform.module.js';
import type { ServerDatabase } from './server-database.js';

/** The HTTP server: the platform, and the controllers of its libraries. */
@Module({})
export class ApiModule {
  static forRoot(config: Config, database: Pick<ServerDatabase, 'urls'>): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        PlatformModule.forRoot(config, database, 'acci-api'),
        RestModule.forRoot({}),
        TenancyHttpModule,
        AuthHttpModule,
      ],
      providers: [{ provide: IDEMPOTENCY_STORE, useExisting: PostgresIdempotencyStore }],
    };
  }
}
