import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database } from '@acci/database';
import type { EventStore } from '@acci/event-store';
import { Logger } from '@nestjs/common';
import type { BuildRef } from '../build/build-ref.js';
import type { Builds } from '../build/builds.js';
import type { ProjectionRegistry } from '../projection-registry.js';
import {
  runnerSettings,
  type ProjectionsModuleOptions,
  type RunnerSettings,
} from '../projections.options.js';
import type { ShareRef } from '../shares.js';
import { Leases, type Lease } from './leases.js';
import { LogWatch, pause } from './log-watch.js';
import { nearlyDone } from './nearly-done.js';
import { ProjectionWork } from './projection-work.js';
import type { WorkTools } from './work-tools.js';

/** One start of the runner, until its stop. */
interface Run {
  readonly stopping: AbortController;
  readonly loops: Promise<void>;
}

const tendMs = 1_000;
const tidyMs = 60_000;
// How soon a build that could not be finished is asked for again; ever more seldom, as one that has halted will wait.
const finishMs = 100;
const finishSeldomMs = 2_000;

/**
 * Runs the asynchronous projections of this process: its part of their shares, the rest of which other processes run.
 * `ProjectionsModule` starts and stops it where its option `runner` is true.
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
  private readonly finishing = new Map<string, Promise<void>>();
  private arrived = new AbortController();
  private current: Run | undefined;
  private nudged = new AbortController();
  private tidiedAt = 0;

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly registry: ProjectionRegistry,
    private readonly builds: Builds,
    options: Partial<ProjectionsModuleOptions> = {},
  ) {
    this.settings = runnerSettings(options);
  }

  /** True from the start until the stop. */
  get running(): boolean {
    return this.current !== undefined;
  }

  /** Begins to take leases and to work under them. Does nothing if it has begun already. */
  start(): void {
    if (this.current) return;
    const { database, store, builds, settings, logger } = this;
    const stopping = new AbortController();
    const { signal } = stopping;
    // New for each start: nobody may mistake it for a holder that is gone.
    const leases = new Leases(database, `${hostname()}/${process.pid}/${randomUUID()}`, settings.leaseMs);
    const log = new LogWatch(store, settings.poll, logger);
    const caughtUp = (build: BuildRef): void => this.finish(build, signal);
    const wake = (): void => this.wake();
    const tools = { database, store, builds, leases, log, settings, logger, caughtUp, wake };
    const loops = Promise.all([log.run(signal), this.tend(tools, signal)]).then(() => {});
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
    const givenBack = new Set<Promise<void>>();
    while (!signal.aborted) {
      this.nudged = new AbortController();
      try {
        const tended = await leases.tend(this.registry.list());
        for (const lease of tended.leases) this.workUnder(lease, tools);
        for (const share of tended.surplus) {
          const giving = this.giveBack(share, tools).finally(() => givenBack.delete(giving));
          givenBack.add(giving);
        }
        this.tidy();
      } catch (error) {
        logger.warn(`Projection leases cannot be renewed: ${String(error)}`);
      }
      await pause(Math.min(tendMs, settings.leaseMs / 4), AbortSignal.any([signal, this.nudged.signal]));
    }
    await this.endWorks();
    await Promise.all([...givenBack, ...this.finishing.values()]);
    await leases.release().catch((error: unknown) => {
      logger.warn(`Projection leases cannot be released and will expire: ${String(error)}`);
    });
  }

  private workUnder(lease: Lease, tools: WorkTools): void {
    const key = workKey({ ...lease.build, share: lease.share });
    const before = this.works.get(key);
    if (before?.work.worksUnder(lease)) return;
    before?.work.stop();
    const work = new ProjectionWork(this.registry.get(lease.build.projection), lease, tools);
    // What ran under an older lease must have left the handler; its last transaction, if any, is refused.
    const done = (before?.done ?? Promise.resolve())
      .then(() => work.run())
      .finally(() => {
        if (this.works.get(key)?.work === work) this.works.delete(key);
      });
    this.works.set(key, { work, done });
  }

  /** Leaves a share to another process, which has come since or has too few. */
  private async giveBack(share: ShareRef, { leases, logger }: WorkTools): Promise<void> {
    const own = this.works.get(workKey(share));
    own?.work.stop();
    await own?.done;
    await leases.release(share).catch((error: unknown) => {
      logger.warn(`A projection's lease cannot be released and will expire: ${String(error)}`);
    });
  }

  /** Puts a build that has been filled in its place, beside the works: they have to go on for it. */
  private finish(build: BuildRef, signal: AbortSignal): void {
    const key = `${build.projection} ${build.build}`;
    // It may be the last share that was waited for.
    this.arrived.abort();
    this.arrived = new AbortController();
    if (signal.aborted || this.finishing.has(key)) return;
    const attempt = async (): Promise<void> => {
      // Until it serves: when no more is appended, nobody says again that a share has caught up.
      for (let waitMs = finishMs; !signal.aborted; waitMs = Math.min(waitMs * 1.5, finishSeldomMs)) {
        const arrived = this.arrived.signal;
        if (await this.finished(build)) return this.wake();
        await pause(waitMs, AbortSignal.any([signal, arrived]));
      }
    };
    const finishing = attempt().finally(() => this.finishing.delete(key));
    this.finishing.set(key, finishing);
  }

  private async finished(build: BuildRef): Promise<boolean> {
    try {
      return (await nearlyDone(this.database, build)) && (await this.builds.finish(build));
    } catch (error) {
      this.logger.warn(`Build ${build.build} of ${build.projection} cannot be finished: ${String(error)}`);
      return false;
    }
  }

  private tidy(): void {
    const now = performance.now();
    if (this.tidiedAt > 0 && now - this.tidiedAt < tidyMs) return;
    this.tidiedAt = now;
    const tidying = this.builds
      .tidy()
      .catch((error: unknown) => this.logger.warn(`Old builds cannot be removed: ${String(error)}`))
      .finally(() => this.finishing.delete(''));
    this.finishing.set('', tidying);
  }

  private async endWorks(): Promise<void> {
    const works = [...this.works.values()];
    this.works.clear();
    for (const { work } of works) work.stop();
    await Promise.all(works.map(({ done }) => done));
  }
}

function workKey({ projection, build, share }: ShareRef): string {
  return `${projection} ${build} ${share}`;
}
