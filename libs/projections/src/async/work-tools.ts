import type { Database } from '@acci/database';
import type { EventStore } from '@acci/event-store';
import type { Logger } from '@nestjs/common';
import type { BuildRef } from '../build/build-ref.js';
import type { Builds } from '../build/builds.js';
import type { RunnerSettings } from '../projections.options.js';
import type { Leases } from './leases.js';
import type { LogWatch } from './log-watch.js';

/** What all works of a runner have in common. */
export interface WorkTools {
  readonly database: Database;
  readonly store: EventStore;
  readonly leases: Leases;
  readonly builds: Builds;
  readonly log: LogWatch;
  readonly settings: RunnerSettings;
  readonly logger: Logger;
  /** Told when a share of a build that is being filled has got to the end of the log. */
  readonly caughtUp: (build: BuildRef) => void;
  /** Told when shares are free that were not before. */
  readonly wake: () => void;
}
