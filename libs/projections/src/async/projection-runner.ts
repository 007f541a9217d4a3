import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database } from '@acci/database';
import type { EventStore } from '@acci/event-store';
import { Logger } from '@nestjs/common';
import type { ProjectionRegistry } from '../projection-registry.js';
import {
  runnerSettings,
  type ProjectionsModuleOptions,
  type RunnerSettings,
} from '../projections.options.js';
import { Leases, type Lease } from './leases.js';
import { LogWatch, pause } from './log-watch.js';
import { ProjectionWork, type WorkTools } from './projection-work.js';

/** One start of the runner, until its stop. */
interface Run {
  readonly stopping: AbortController;
  readonly loops: Promise<void>;
}

const tendMs = 1_000;

/**
 * Runs the asynchronous projections of this process, those of them that no other process runs. `ProjectionsModule`
 * starts and stops it where its option `runner` is true.
 *
 * @example
 * const runner = app.get(ProjectionRunner);
 * await runner.stop(); // finishes what is under way, and gives the leases back
 * runner.start();
 */
export class ProjectionRunner {
  private readonly logger = new Logger(ProjectionRunner.name);
  private readonly settings: RunnerSettings;
  private readonly works = new Map<string, { readonly work: ProjectionWork; readonly done: Promise<void> }>();
  private current: Run | undefined;
  private nudged = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly registry: ProjectionRegistry,
    options: Partial<ProjectionsModuleOptions> = {},
  ) {
    this.settings = runnerSettings(options);
  }

  /** Begins to take leases and to work under them. Does nothing if it has begun already. */
  start(): void {
    if (this.current) return;
    const { database, store, settings, logger } = this;
    const stopping = new AbortController();
    // New for each start: nobody may mistake it for a holder that is gone.
    const leases = new Leases(database, `${hostname()}/${process.pid}/${randomUUID()}`, settings.leaseMs);
    const log = new LogWatch(store, settings.poll, logger);
    const tools = { database, store, leases, log, settings, logger };
    const loops = Promise.all([log.run(stopping.signal), this.tend(tools, stopping.signal)]).then(() => {});
    this.current = { stopping, loops };
  }

  /** Finishes the transactions under way, gives the leases back, and does no more. */
  async stop(): Promise<void> {
    const run = this.current;
    this.current = undefined;
    run?.stopping.abort();
    await run?.loops;
  }

  /** Looks for leases now; for whoever has just made some free. */
  wake(): void {
    this.nudged.abort();
  }

  private async tend(tools: WorkTools, signal: AbortSignal): Promise<void> {
    const { leases, logger, settings } = tools;
    while (!signal.aborted) {
      this.nudged = new AbortController();
      try {
        for (const lease of await leases.tend(this.registry.list('async'))) this.workUnder(lease, tools);
      } catch (error) {
        logger.warn(`Projection leases cannot be renewed: ${String(error)}`);
      }
      await pause(Math.min(tendMs, settings.leaseMs / 4), AbortSignal.any([signal, this.nudged.signal]));
    }
    await this.finish();
    await leases.release().catch((error: unknown) => {
      logger.warn(`Projection leases cannot be released and will expire: ${String(error)}`);
    });
  }

  private workUnder(lease: Lease, tools: WorkTools): void {
    const { name } = lease;
    const before = this.works.get(name);
    if (before?.work.worksUnder(lease)) return;
    before?.work.stop();
    const work = new ProjectionWork(this.registry.get(name), lease, tools);
    // What ran under an older lease must have left the handler; its last transaction, if any, is refused.
    const done = (before?.done ?? Promise.resolve()).then(() => work.run());
    this.works.set(name, { work, done });
  }

  private async finish(): Promise<void> {
    const works = [...this.works.values()];
    this.works.clear();
    for (const { work } of works) work.stop();
    await Promise.all(works.map(({ done }) => done));
  }
}
