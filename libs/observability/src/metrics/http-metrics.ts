import { Injectable } from '@nestjs/common';
import { Histogram } from 'prom-client';
import type { RequestRecord } from '../http/request-record.js';
import { Metrics } from './metrics.js';

/** Buckets of every duration in seconds, from a hot read to a request that is about to time out. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** How long requests took, by method, route pattern and status: the rate and the error ratio follow from its count. */
@Injectable()
export class HttpMetrics {
  private readonly durations: Histogram<'method' | 'route' | 'status'>;

  constructor(metrics: Metrics) {
    this.durations = new Histogram({
      name: 'acci_http_request_duration_seconds',
      help: 'Time from the first byte of a request to the end of its answer, by route pattern.',
      labelNames: ['method', 'route', 'status'],
      buckets: DURATION_BUCKETS,
      registers: [metrics.registry],
    });
  }

  observe({ method, route, status, durationMs }: RequestRecord): void {
    this.durations.observe({ method, route, status }, durationMs / 1_000);
  }
}
