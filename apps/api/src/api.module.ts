import { AuthHttpModule } from '@acci/auth';
import { EventStoreHttpModule, parsePosition } from '@acci/event-store';
import { Projections, ProjectionsHttpModule, ReactionsHttpModule } from '@acci/projections';
import { HttpProblem, IDEMPOTENCY_STORE, RestModule, type RestOptions } from '@acci/rest';
import { PlatformTenantGuard, PostgresIdempotencyStore, TenancyHttpModule } from '@acci/tenancy';
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
        RestModule.forRootAsync({ inject: [Projections], useFactory: restOptions }),
        EventStoreHttpModule,
        ProjectionsHttpModule.forRoot({ operators: PlatformTenantGuard }),
        ReactionsHttpModule,
        TenancyHttpModule,
        AuthHttpModule,
      ],
      providers: [{ provide: IDEMPOTENCY_STORE, useExisting: PostgresIdempotencyStore }],
    };
  }
}

function restOptions(projections: Projections): RestOptions {
  return {
    waitForPosition: async (text) => {
      const position = parsePosition(text);
      if (!position)
        throw new HttpProblem(400, 'request.event_position.invalid', 'No log has this position.');
      await projections.waitFor(position);
    },
  };
}
