import { Database } from '@acci/database';
import { Mailer } from '@acci/mail';
import { GAUGES, HEALTH_CHECKS, publishBus } from '@acci/observability';
import { Projections, Reactions } from '@acci/projections';
import { Module } from '@nestjs/common';
import { CommandBus, CqrsModule, QueryBus } from '@nestjs/cqrs';
import { gauges } from './gauges.js';
import { healthChecks } from './health-checks.js';
import { loginCounter, LoginMetrics } from './login-metrics.js';

/** Tells observability what it cannot know by itself: our checks, gauges and buses. */
@Module({
  imports: [CqrsModule],
  providers: [
    {
      provide: HEALTH_CHECKS,
      useFactory: healthChecks,
      inject: [Database, Projections, { token: Mailer, optional: true }],
    },
    loginCounter,
    LoginMetrics,
    { provide: GAUGES, useFactory: gauges, inject: [Database, Projections, Reactions] },
  ],
})
export class OperationsModule {
  constructor(commands: CommandBus, queries: QueryBus) {
    publishBus('command', commands);
    publishBus('query', queries);
  }
}
