import { ConfigurableModuleBuilder } from '@nestjs/common';

/** How `ProjectionsModule` runs projections. Times are in milliseconds. */
export interface ProjectionsModuleOptions {
  /** Whether this process runs asynchronous projections. Any number of processes may: they divide the work. */
  readonly runner: boolean;
  /**
   * Whether this process makes tables that are declared in code, and begins to fill those of versions that nothing
   * serves. Default true; false for a tool that only works with what the servers have.
   */
  readonly prepare?: boolean;
  /**
   * Into how many shares of the tenants a new filling of an asynchronous projection's tables is divided, from 1 to 64:
   * processes with a runner have a part of them each. Default 4.
   */
  readonly shares?: number;
  /** Most events handled in one transaction. Default 1,000. */
  readonly batchSize?: number;
  /** How long a process that fell silent keeps its projections before another one takes them. Default 5,000. */
  readonly leaseMs?: number;
  /**
   * How often a runner looks for events that other processes appended: `minMs` after the last find, then ever more
   * seldom, `maxMs` at most. Its own process's appends it hears of at once. Default 20 to 250.
   */
  readonly poll?: { readonly minMs: number; readonly maxMs: number };
  /**
   * How often a failing event is tried before its projection halts, and how long to wait in between: `minMs`, doubled
   * each time up to `maxMs`, with jitter. Default 5 times, 200 to 10,000.
   */
  readonly retry?: { readonly attempts: number; readonly minMs: number; readonly maxMs: number };
}

/** The options with their defaults. */
export type RunnerSettings = Required<Omit<ProjectionsModuleOptions, 'runner' | 'prepare'>>;

export function runnerSettings(options: Partial<ProjectionsModuleOptions>): RunnerSettings {
  return {
    shares: options.shares ?? 4,
    batchSize: options.batchSize ?? 1_000,
    leaseMs: options.leaseMs ?? 5_000,
    poll: options.poll ?? { minMs: 20, maxMs: 250 },
    retry: options.retry ?? { attempts: 5, minMs: 200, maxMs: 10_000 },
  };
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<ProjectionsModuleOptions>()
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
