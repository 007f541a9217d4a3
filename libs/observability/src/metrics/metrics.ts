import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { collectDefaultMetrics, register, Registry } from 'prom-client';

// Gauges that prom-client names like counters, which `promtool check metrics` refuses. The same numbers are there by
// type, as `nodejs_active_handles`, `nodejs_active_requests` and `nodejs_active_resources`.
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/**
 * The metrics of this app. They have a registry of their own, so that two apps in one process (a test, a worker beside
 * the api) don't collide; `/metrics` adds what the app itself keeps in prom-client's default registry, which is where
 * the `makeCounterProvider` family of @willsoto/nestjs-prometheus puts it.
 */
@Injectable()
export class Metrics implements OnApplicationBootstrap {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  /** Fails the start when a metric exists in both registries, instead of the first scrape. */
  onApplicationBootstrap(): void {
    this.merged();
  }

  /** All metrics in the Prometheus text format. */
  text(): Promise<string> {
    return this.merged().metrics();
  }

  private merged(): Registry {
    return Registry.merge([this.registry, register]);
  }
}
