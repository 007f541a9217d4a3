import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database } from '@acci/database';
import type { EventStore } from '@acci/event-store';
import { Logger } from '@nestjs/common';
import { pause } from '../async/log-watch.js';
import type { EventIntake } from './event-intake.js';
import { Lanes } from './lanes.js';
import { LaneWork, type WorkTools } from './lane-work.js';
import type { Reaction } from './reaction.js';
import type { ReactionRegistry } from './reaction-registry.js';
import { reactionSettings, type ReactionSettings, type ReactionsModuleOptions } from './reactions.options.js';

/**
 * Does what reactions have to do, of all processes with such a worker the part that it gets hold of. `ReactionsModule`
 * starts and stops it where its option `worker` is true.
 *
 * @example
 * const worker = app.get(ReactionWorker);
 * await worker.stop(); // finishes what is under way, and gives the rest back
 * worker.start();
 */
export class ReactionWorker {
  private readonly logger = new Logger(ReactionWorker.name);
  private readonly settings: ReactionSettings;
  private readonly works = new Map<Reaction, Set<Promise<void>>>();
  private current: { readonly stopping: AbortController; readonly loops: Promise<unknown> } | undefined;
  private nudged = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly registry: ReactionRegistry,
    private readonly intake: EventIntake,
    options: Partial<ReactionsModuleOptions> = {},
  ) {
    this.settings = reactionSettings(options);
  }

  /** Begins to work. Does nothing if it has begun already. */
  start(): void {
    if (this.current) return;
    const { database, store, settings, logger } = this;
    const stopping = new AbortController();
    // New for each start: nobody may mistake it for a holder that is gone.
    const lanes = new Lanes(database, `${hostname()}/${process.pid}/${randomUUID()}`, settings.leaseMs);
    const tools = { store, lanes, settings, logger, stopping: stopping.signal };
    this.current = { stopping, loops: this.run(tools) };
  }

  /** Finishes the deliveries under way, gives the leases back, and does no more. */
  async stop(): Promise<void> {
    const run = this.current;
    this.current = undefined;
    run?.stopping.abort();
    await run?.loops;
  }

  /** Looks for work now; for whoever has just made some. */
  wake(): void {
    this.nudged.abort();
  }

  private async run(tools: WorkTools): Promise<void> {
    const { lanes, logger } = tools;
    const ended = new AbortController();
    const renewing = this.renew(tools, ended.signal);
    const removeListener = this.intake.onTaken(() => this.wake());
    await this.look(tools);
    removeListener();
    for (const works of this.works.values()) await Promise.all(works);
    ended.abort();
    await renewing;
    await lanes.release().catch((error: unknown) => {
      logger.warn(`Leases of reactions cannot be given back and will expire: ${String(error)}`);
    });
  }

  /** Until the works have ended: they may be at it for longer than a lease lasts. */
  private async renew({ lanes, logger, settings }: WorkTools, ended: AbortSignal): Promise<void> {
    for (;;) {
      await pause(settings.leaseMs / 4, ended);
      if (ended.aborted) return;
      if (this.atWork() === 0) continue;
      await lanes.renew().catch((error: unknown) => {
        logger.warn(`Leases of reactions cannot be renewed: ${String(error)}`);
      });
    }
  }

  private async look(tools: WorkTools): Promise<void> {
    const { stopping, settings } = tools;
    const { minMs, maxMs } = settings.poll;
    for (let idleMs = minMs; !stopping.aborted;) {
      // Before looking: whoever wakes us from here on asks for another look.
      this.nudged = new AbortController();
      const found = await this.takeWork(tools);
      idleMs = found > 0 ? minMs : Math.min(idleMs * 2, maxMs);
      await pause(idleMs, AbortSignal.any([stopping, this.nudged.signal]));
      if (this.nudged.signal.aborted) idleMs = minMs;
    }
  }

  private async takeWork(tools: WorkTools): Promise<number> {
    const rooms = this.rooms();
    if (rooms.size === 0) return 0;
    try {
      const leases = await tools.lanes.take(rooms);
      for (const lease of leases) {
        const reaction = this.registry.find(lease.reaction) as Reaction;
        this.begin(reaction, new LaneWork(reaction, lease, tools));
      }
      return leases.length;
    } catch (error) {
      tools.logger.warn(`Work of reactions cannot be taken: ${String(error)}`);
      return 0;
    }
  }

  private rooms(): Map<Reaction, number> {
    const rooms = new Map<Reaction, number>();
    for (const reaction of this.registry.list()) {
      const { concurrency = this.settings.concurrency } = reaction.options;
      const room = concurrency - (this.works.get(reaction)?.size ?? 0);
      if (room > 0) rooms.set(reaction, room);
    }
    return rooms;
  }

  private begin(reaction: Reaction, work: LaneWork): void {
    const works = this.works.get(reaction) ?? new Set();
    this.works.set(reaction, works);
    const run = async (): Promise<void> => {
      await work.run();
      works.delete(running);
      this.wake();
    };
    const running = run();
    works.add(running);
  }

  private atWork(): number {
    return [...this.works.values()].reduce((sum, works) => sum + works.size, 0);
  }
}
