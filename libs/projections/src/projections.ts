import { setTimeout as sleep } from 'node:timers/promises';
import { prepared, type Database } from '@acci/database';
import { comparePositions, type EventStore, type Position } from '@acci/event-store';
import type { ProjectionRunner } from './async/projection-runner.js';
import { rebuildInline } from './inline/rebuild-inline.js';
import { intervene, recordIntervention, type Act, type By } from './interventions.js';
import { horizonOf, lagOf, type Horizon, type ProjectionLag } from './lag.js';
import type { ProjectionRegistry } from './projection-registry.js';
import { ProjectionBehind, ProjectionNotFound } from './projections.errors.js';
import { toState, type ProjectionRow, type ProjectionState } from './projection-state.js';

/** A projection's state, and how far it is behind. */
export interface ProjectionStatus extends ProjectionState {
  readonly lag: Pick<ProjectionLag, 'events' | 'seconds'>;
}

/** How {@link Projections.waitFor} waits. */
export interface WaitOptions {
  /** The names of those to wait for. Default: all asynchronous projections that this program registered. */
  readonly projections?: readonly string[];
  /** How long to wait, in milliseconds. Default 2,000. */
  readonly timeoutMs?: number;
}

const readStates = prepared('select * from acci.projections order by name');
const shortestPollMs = 5;
const longestPollMs = 50;

/**
 * What can be asked of projections and done to them, from any process.
 *
 * @example
 * const { position } = await store.save(ctx, order);
 * if (position) await projections.waitFor(position, { projections: ['shop.order-list'] });
 */
export class Projections {
  private reading: Promise<ProjectionState[]> | undefined;

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly registry: ProjectionRegistry,
    private readonly runner: ProjectionRunner,
  ) {}

  /** Every projection that the database knows, by name. */
  async status(): Promise<ProjectionStatus[]> {
    const [states, lags] = await Promise.all([this.states(), this.lag()]);
    const byName = new Map(lags.map((lag) => [lag.name, lag]));
    const statuses: ProjectionStatus[] = [];
    for (const state of states) {
      const { events = 0, seconds = 0 } = byName.get(state.name) ?? {};
      statuses.push({ ...state, lag: { events, seconds } });
    }
    return statuses;
  }

  /** The lag of every projection, for gauges: one statement, whose cost is bounded. */
  lag(): Promise<ProjectionLag[]> {
    return lagOf(this.database);
  }

  /** What an open transaction somewhere in the cluster holds back from all asynchronous projections. */
  horizon(): Promise<Horizon> {
    return horizonOf(this.database);
  }

  /**
   * Resolves once asynchronous projections have handled everything up to a position: read your own writes. Inline
   * ones always have. Not to be called inside a transaction.
   *
   * @throws {ProjectionBehind} after the time-out; at once if one of them is paused or halted short of the position.
   * @throws {ProjectionNotFound}
   */
  async waitFor(position: Position, { projections, timeoutMs = 2_000 }: WaitOptions = {}): Promise<void> {
    const names = projections ?? this.registry.list('async').map(({ name }) => name);
    if (names.length === 0) return;
    const deadline = performance.now() + timeoutMs;
    for (let pollMs = shortestPollMs; ; pollMs = Math.min(pollMs * 2, longestPollMs)) {
      const states = await this.states();
      const behind = names.map((name) => find(states, name)).filter((state) => isBehind(state, position));
      if (behind.length === 0) return;
      const hopeless = behind.some(({ status }) => status === 'paused' || status === 'halted');
      const leftMs = deadline - performance.now();
      if (hopeless || leftMs <= 0)
        throw new ProjectionBehind(
          behind.map(({ name }) => name),
          position,
        );
      await sleep(Math.min(pollMs, leftMs));
    }
  }

  /**
   * Empties a projection's tables and replays the log. An asynchronous one is rebuilt by whoever runs it, beginning
   * when this returns; its tables fill up again before the eyes of readers. An inline one has been rebuilt when this
   * returns; readers saw the old rows till then, and appends of its events waited.
   *
   * @throws {ProjectionNotFound}
   */
  async rebuild(name: string, by: By): Promise<void> {
    const projection = this.registry.list('inline').find((inline) => inline.name === name);
    if (!projection) return this.act(name, 'rebuild', by);
    await rebuildInline(this.database, this.store, projection, (tx) => {
      tx.execute(recordIntervention, [name, 'rebuild', by.actor, by.reason, null]);
      return true;
    });
  }

  /** Stops an asynchronous projection where it is. @throws {ProjectionActRefused} if it does not run. */
  pause(name: string, by: By): Promise<void> {
    return this.act(name, 'pause', by);
  }

  /** Lets a paused projection go on. @throws {ProjectionActRefused} if it is not paused. */
  resume(name: string, by: By): Promise<void> {
    return this.act(name, 'resume', by);
  }

  /** Lets a halted projection try its event again. @throws {ProjectionActRefused} if it has not halted. */
  retry(name: string, by: By): Promise<void> {
    return this.act(name, 'retry', by);
  }

  /**
   * Lets a halted projection go on without the event it halted at, which is kept with who decided that and why.
   * Its tables lack that event until a rebuild, whose handler must then cope with it.
   *
   * @throws {ProjectionActRefused} if it has not halted.
   */
  skip(name: string, by: By): Promise<void> {
    return this.act(name, 'skip', by);
  }

  private async act(name: string, act: Act, by: By): Promise<void> {
    await intervene(this.database, name, act, by);
    this.runner.wake();
  }

  /** However many wait at the same time, the database is asked once at a time. */
  private states(): Promise<ProjectionState[]> {
    this.reading ??= this.database
      .queryAsSystem<ProjectionRow & Record<string, unknown>>('read projection states', readStates)
      .then((rows) => rows.map(toState))
      .finally(() => (this.reading = undefined));
    return this.reading;
  }
}

function find(states: readonly ProjectionState[], name: string): ProjectionState {
  const state = states.find((candidate) => candidate.name === name);
  if (!state) throw new ProjectionNotFound(name);
  return state;
}

function isBehind({ lifecycle, checkpoint }: ProjectionState, position: Position): boolean {
  return lifecycle === 'async' && (!checkpoint || comparePositions(checkpoint, position) < 0);
}
