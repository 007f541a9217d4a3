import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Counter, Gauge } from 'prom-client';
import { collectProviders } from '../collect-providers.js';
import { within } from '../within.js';
import { Metrics } from './metrics.js';

/**
 * One value of a gauge.
 *
 * @example
 * const idle: GaugeSample = { value: 3, labels: { state: 'idle' } };
 */
export interface GaugeSample {
  readonly value: number;
  /** By the label names of the gauge. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * A gauge whose values are asked for at each scrape.
 *
 * @example
 * const lag: GaugeSource = {
 *   name: 'acci_projection_lag_seconds',
 *   help: 'Age of the oldest event a projection has not handled yet.',
 *   labelNames: ['projection'],
 *   collect: async () => (await projections.status()).map((p) => ({ value: p.lagSeconds, labels: { projection: p.name } })),
 * };
 */
export interface GaugeSource {
  /** By Prometheus' conventions: a prefix, base units, the unit last (`acci_projection_lag_seconds`). */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** Bounded to two seconds; while it fails the gauge has no value. */
  collect(): readonly GaugeSample[] | Promise<readonly GaugeSample[]>;
}

/**
 * Token under which any module of the app provides its `GaugeSource[]`; all of them are found.
 *
 * @example
 * const provider = { provide: GAUGES, useFactory: (database: Database) => [poolGauge(database)], inject: [Database] };
 */
export const GAUGES = Symbol('acci.observability.gauges');

// Under Prometheus' default scrape timeout of 10 s, so that one stuck source doesn't cost the whole scrape.
const COLLECT_TIMEOUT_MS = 2_000;

/** Registers the app's gauges. */
@Injectable()
export class Gauges implements OnApplicationBootstrap {
  private readonly failures: Counter<'metric'>;

  constructor(
    private readonly modules: ModuleRef,
    private readonly metrics: Metrics,
  ) {
    this.failures = new Counter({
      name: 'acci_scrape_failures_total',
      help: 'Times the values of a metric could not be had when it was scraped.',
      labelNames: ['metric'],
      registers: [metrics.registry],
    });
  }

  onApplicationBootstrap(): void {
    for (const source of collectProviders<GaugeSource>(this.modules, GAUGES)) this.register(source);
  }

  private register(source: GaugeSource): void {
    const { failures } = this;
    const labelNames = source.labelNames ?? [];
    const gauge: Gauge = new Gauge({
      name: source.name,
      help: source.help,
      labelNames,
      registers: [this.metrics.registry],
      collect: async () => {
        // Without this the labels of what is gone (a projection, a pool) would be reported for ever.
        gauge.reset();
        try {
          const samples = await within(COLLECT_TIMEOUT_MS, async () => source.collect());
          for (const { labels, value } of samples) gauge.set(labels ?? {}, value);
        } catch {
          gauge.reset();
          // One without labels would otherwise say 0.
          if (labelNames.length === 0) gauge.remove();
          failures.inc({ metric: source.name });
        }
      },
    });
  }
}
