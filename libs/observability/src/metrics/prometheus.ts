import { createRequire } from 'node:module';
import type * as NestPrometheus from '@willsoto/nestjs-prometheus';

// Required, not imported: the library is CommonJS and itself requires @nestjs/common, an ES module. Jest in ESM mode
// executes imported CommonJS while it still links the ES modules around it, and refuses that require as a cycle. Here
// it runs when this module is evaluated, after Nest has been.
const library: typeof NestPrometheus = createRequire(import.meta.url)('@willsoto/nestjs-prometheus');

export const { PrometheusModule } = library;

/**
 * Makes the provider of a metric of the app's own, which `/metrics` then includes; inject it with `@InjectMetric`. The
 * others make the other kinds of metric. From @willsoto/nestjs-prometheus.
 *
 * @example
 * providers: [makeCounterProvider({ name: 'orders_placed_total', help: 'Orders placed.' })]
 */
export const {
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
  makeSummaryProvider,
  InjectMetric,
} = library;
