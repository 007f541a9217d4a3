import { Injectable } from '@nestjs/common';
import { Gauge, Histogram } from 'prom-client';
import type { RequestRecord } from '../http/request-record.js';
import { Metrics } from './metrics.js';

/** Buckets of every duration in seconds, from a hot read to a request that is about to time out. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * How long requests took, by method, route pattern and status: the rate and the error ratio follow from its count. A live
 * stream is no such request, for its duration is its client's choice: of those it is counted how many are open.
 */
@Injectable()
export class HttpMetrics {
  private readonly durations: Histogram<'method' | 'route' | 'status'>;
  private readonly open = new Set<RequestRecord>();

  constructor(metrics: Metrics) {
    this.durations = new Histogram({
      name: 'acci_http_request_duration_seconds',
      help: 'Time from the first byte of a request to the end of its answer, by route pattern; without live streams.',
      labelNames: ['method', 'route', 'status'],
      buckets: DURATION_BUCKETS,
      registers: [metrics.registry],
    });
    const streams: Gauge<'route'> = new Gauge({
      name: 'acci_http_streams_open',
      help: 'Live streams (server-sent events) that are open, by route pattern.',
      labelNames: ['route'],
      registers: [metrics.registry],
      collect: () => {
        streams.reset();
        for (const record of this.open) if (record.isStream) streams.inc({ route: record.route });
      },
    });
  }

  begin(record: RequestRecord): void {
    this.open.add(record);
  }

  end(record: RequestRecord): void {
    this.open.delete(record);
    const { method, route, status, durationMs, isStream } = record;
    if (!isStream) this.durations.observe({ method, route, status }, durationMs / 1_000);
  }
}
