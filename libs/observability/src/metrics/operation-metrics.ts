import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';
import { OPERATION_KINDS, observeOperations } from '../operations/operations.js';
import type { OperationKind } from '../operations/operations.js';
import { DURATION_BUCKETS } from './http-metrics.js';
import { Metrics } from './metrics.js';

const HELP: Record<OperationKind, string> = {
  command: 'Time a command took in its handler.',
  query: 'Time a query took in its handler.',
  append: 'Time an append to the event log took, by stream type.',
  snapshot: 'Time it took to keep a snapshot of an aggregate, by stream type.',
  projection: 'Time a projection took for one batch of events.',
  transaction: 'Time a database transaction took, from its first to its last statement.',
};

/**
 * Durations of commands, queries, appends, snapshots, projections and transactions, and the count of appended events, taken from
 * the libs' tracing channels. Never by tenant: the number of series would grow with the number of customers.
 */
@Injectable()
export class OperationMetrics implements OnModuleInit, OnApplicationShutdown {
  private readonly appended: Counter;
  private stops: (() => void)[] = [];

  constructor(private readonly metrics: Metrics) {
    this.appended = new Counter({
      name: 'acci_appended_events_total',
      help: 'Events appended to the event log by this process.',
      registers: [metrics.registry],
    });
  }

  onModuleInit(): void {
    this.stops = OPERATION_KINDS.map((kind) => this.observe(kind));
  }

  onApplicationShutdown(): void {
    for (const stop of this.stops) stop();
  }

  private observe(kind: OperationKind): () => void {
    const durations = new Histogram({
      name: `acci_${kind}_duration_seconds`,
      help: HELP[kind],
      labelNames: ['name', 'outcome'],
      buckets: DURATION_BUCKETS,
      registers: [this.metrics.registry],
    });
    return observeOperations<number>(kind, {
      begin: () => performance.now(),
      end: ({ name, attributes }, startedAt, error) => {
        const outcome = error === undefined ? 'ok' : 'error';
        durations.observe({ name, outcome }, (performance.now() - startedAt) / 1_000);
        if (kind === 'append' && error === undefined)
          this.appended.inc(Number(attributes?.['acci.events'] ?? 1));
      },
    });
  }
}
