import { ConfigurableModuleBuilder } from '@nestjs/common';

/** How `ReactionsModule` works. Times are in milliseconds. */
export interface ReactionsModuleOptions {
  /**
   * Whether this process does what subscriptions and process managers have to do. Any number of processes may; those
   * with a projection runner note what there is to do.
   */
  readonly worker: boolean;
  /** How long a process that fell silent keeps what it took before another one takes it. Default 5,000. */
  readonly leaseMs?: number;
  /** How often to look for work: `minMs` after the last find, then ever more seldom, `maxMs` at most. Default 20 to 250. */
  readonly poll?: { readonly minMs: number; readonly maxMs: number };
  /**
   * How often a failing delivery is tried before it becomes a dead letter, and how long to wait in between: `minMs`,
   * doubled each time up to `maxMs`, with jitter. Default 8 times, 500 to 60,000.
   */
  readonly retry?: { readonly attempts: number; readonly minMs: number; readonly maxMs: number };
  /** How many streams or processes of one reaction are worked on at a time. Default 10. */
  readonly concurrency?: number;
}

/** The options with their defaults. */
export type ReactionSettings = Required<Omit<ReactionsModuleOptions, 'worker'>>;

export function reactionSettings(options: Partial<ReactionsModuleOptions>): ReactionSettings {
  return {
    leaseMs: options.leaseMs ?? 5_000,
    poll: options.poll ?? { minMs: 20, maxMs: 250 },
    retry: options.retry ?? { attempts: 8, minMs: 500, maxMs: 60_000 },
    concurrency: options.concurrency ?? 10,
  };
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<ReactionsModuleOptions>()
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
