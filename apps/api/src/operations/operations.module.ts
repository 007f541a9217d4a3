import { Database } from '@acci/database';
import { GAUGES, HEALTH_CHECKS } from '@acci/observability';
import { Projections } from '@acci/projections';
import { Module } from '@nestjs/common';
import { gauges } from './gauges.js';
import { healthChecks } from './health-checks.js';

/** Tells observability what it cannot know by itself: our checks and gauges. */
@Module({
  providers: [
    { provide: HEALTH_CHECKS, useFactory: healthChecks, inject: [Database, Projections] },
    { provide: GAUGES, useFactory: gauges, inject: [Database, Projections] },
  ],
})
export class OperationsModule {}
