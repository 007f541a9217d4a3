import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Position } from '@acci/event-store';
import type { ActOptions, ActTools, RebuildRef, TenantActOptions } from './acts/act-tools.js';
import { abort, rebuild } from './acts/build-acts.js';
import { intervene, runTo } from './acts/share-acts.js';
import { rebuildTenant, switchOff, switchOn } from './acts/tenant-acts.js';
import type { LiveClass } from './live/live-fold.js';
import { LiveProjection } from './live/live-projection.js';
import type { ProjectionRunner } from './async/projection-runner.js';
import { countChosen } from './chosen-tenants.js';
import { horizonOf, type Horizon, type HorizonQuestion } from './horizon.js';
import { lagOf, type ProjectionLag } from './lag.js';
import { ProjectionBehind, ProjectionNotFound } from './projections.errors.js';
import {
  buildOf,
  liveBuilds,
  readFrom,
  toStatus,
  type BuildState,
  type ProjectionStatus,
  type RebuildProgress,
} from './projection-status.js';
import { sharesBehind } from './shares-behind.js';

/** How {@link Projections.waitFor} waits. */
export interface WaitOptions {
  /** The names of those to wait for. Default: all asynchronous projections that this program registered. */
  readonly projections?: readonly string[];
  /** Waits for one tenant's rows only. */
  readonly tenantId?: string;
  /** How long to wait, in milliseconds. Default 2,000. */
  readonly timeoutMs?: number;
}

const shortestPollMs = 5;
const longestPollMs = 50;

/**
 * What can be asked of projections and done to them, from any process. Every act is an event with actor and reason, in
 * the stream `acci.projection`/name of the actor's tenant.
 *
 * @example
 * const { position } = await store.save(ctx, order);
 * if (position) await projections.waitFor(position, { projections: ['shop.order-list'], tenantId: ctx.tenantId });
 */
export class Projections {
  private reading: Promise<BuildState[]> | undefined;

  constructor(
    private readonly tools: ActTools,
    private readonly runner: ProjectionRunner,
  ) {}

  /** Every projection that the database knows, by name. */
  async status(): Promise<ProjectionStatus[]> {
    const { database } = this.tools;
    const [builds, lags, chosen] = await Promise.all([this.builds(), this.lag(), countChosen(database)]);
    const byName = Map.groupBy(builds, ({ projection }) => projection);
    const statuses = lags.map((lag) => toStatus(byName.get(lag.name) ?? [], lag, chosen.get(lag.name)));
    return statuses.filter((status) => status !== undefined);
  }

  /** One projection. @throws {ProjectionNotFound} */
  async get(name: string): Promise<ProjectionStatus> {
    const status = (await this.status()).find((candidate) => candidate.name === name);
    if (!status) throw new ProjectionNotFound(name);
    return status;
  }

  /** The lag of every projection, for gauges: one statement, whose cost is bounded. */
  lag(): Promise<ProjectionLag[]> {
    return lagOf(this.tools.database);
  }

  /** What an open transaction somewhere in the cluster holds back from all asynchronous projections, and who that is. */
  horizon(question?: HorizonQuestion): Promise<Horizon> {
    return horizonOf(this.tools.database, question);
  }

  /**
   * Resolves once asynchronous projections have handled everything up to a position: read your own writes. Inline
   * ones always have, and what is switched off for a tenant is not waited for. Not to be called inside a transaction.
   *
   * @throws {ProjectionBehind} after the time-out; at once if one of them is paused or halted short of the position.
   * @throws {ProjectionNotFound}
   */
  async waitFor(
    position: Position,
    { projections, tenantId, timeoutMs = 2_000 }: WaitOptions = {},
  ): Promise<void> {
    const { database, registry } = this.tools;
    const names = projections ?? registry.list('async').map(({ name }) => name);
    if (names.length === 0) return;
    const deadline = performance.now() + timeoutMs;
    for (let pollMs = shortestPollMs; ; pollMs = Math.min(pollMs * 2, longestPollMs)) {
      const builds = await this.builds();
      const read = names.map((name) => {
        const known = registry.list().find((projection) => projection.name === name);
        const build = readFrom(builds, name, known?.version);
        if (!build) throw new ProjectionNotFound(name);
        return build;
      });
      const behind = await sharesBehind(database, read, position, tenantId);
      if (behind.length === 0) return;
      const hopeless = behind.some(({ share: { status } }) => status === 'paused' || status === 'halted');
      const leftMs = deadline - performance.now();
      if (hopeless || leftMs <= 0)
        throw new ProjectionBehind([...new Set(behind.map(({ build }) => build.projection))], position);
      await sleep(Math.min(pollMs, leftMs));
    }
  }

  /** Stops a projection where it is, or one tenant's part of it. @throws {ProjectionActRefused} if it does not run. */
  pause(ctx: Context, name: string, options: TenantActOptions): Promise<void> {
    return this.waking(intervene(this.tools, ctx, name, 'pause', options));
  }

  /** Lets what is paused go on. @throws {ProjectionActRefused} if nothing is. */
  resume(ctx: Context, name: string, options: TenantActOptions): Promise<void> {
    return this.waking(intervene(this.tools, ctx, name, 'resume', options));
  }

  /** Lets tenants for whom it has halted try their event again. @throws {ProjectionActRefused} if there are none. */
  retry(ctx: Context, name: string, options: TenantActOptions): Promise<void> {
    return this.waking(intervene(this.tools, ctx, name, 'retry', options));
  }

  /**
   * Lets tenants for whom it has halted go on without the event that each of them halted at. Those events are kept in
   * that of the act. The tables lack them until a rebuild, whose handler must then cope with them.
   *
   * @throws {ProjectionActRefused} if it has halted for nobody.
   */
  skip(ctx: Context, name: string, options: TenantActOptions): Promise<void> {
    return this.waking(intervene(this.tools, ctx, name, 'skip', options));
  }

  /**
   * Lets a projection go on to a place in the log, and pauses it there.
   *
   * @throws {ProjectionActRefused} if it is past that.
   * @example
   * await projections.runTo(ctx, 'shop.order-list', position, { reason: 'look at it before the import' });
   */
  runTo(ctx: Context, name: string, position: Position, options: ActOptions): Promise<void> {
    return this.waking(runTo(this.tools, ctx, name, position, options));
  }

  /**
   * Ends an asynchronous projection for one tenant: its rows are deleted and its events passed by, until it is switched
   * on again. Rebuilds leave the tenant out as well.
   *
   * @throws {ProjectionActRefused}
   */
  switchOff(ctx: Context, name: string, tenantId: string, options: ActOptions): Promise<void> {
    return this.waking(switchOff(this.tools, ctx, name, tenantId, options));
  }

  /**
   * Begins an asynchronous projection for one tenant, from the beginning of the log: where it is for chosen tenants alone,
   * or was switched off for this one. The others are not touched.
   *
   * @throws {ProjectionActRefused} if it is on for the tenant, or inline.
   * @example
   * await projections.switchOn(ctx, 'shop.forecast', tenantId, { reason: 'has it in its plan from today' });
   */
  switchOn(ctx: Context, name: string, tenantId: string, options: ActOptions): Promise<void> {
    return this.waking(switchOn(this.tools, ctx, name, tenantId, options));
  }

  /**
   * Has a projection's tables filled anew by whoever runs it. What serves goes on, until the new tables have caught up
   * and take its place. With `tenantId`, only that tenant's rows: they are deleted, and fill up again before the eyes
   * of readers; those of an inline projection in one transaction, for which appends of its events wait.
   *
   * @throws {ProjectionNotFound}
   * @throws {ProjectionActRefused} for tables that cannot be copied; for one tenant, if the projection is off for it, or
   * inline and appends would wait too long.
   * @example
   * const { build } = await projections.rebuild(ctx, 'shop.order-list', { reason: 'totals were wrong' });
   * const { done, secondsLeft } = await projections.rebuildProgress('shop.order-list', build);
   */
  rebuild(ctx: Context, name: string, options: TenantActOptions): Promise<RebuildRef> {
    const { tenantId, reason } = options;
    return this.waking(
      tenantId === undefined
        ? rebuild(this.tools, ctx, name, { reason })
        : rebuildTenant(this.tools, ctx, name, tenantId, { reason }),
    );
  }

  /** Gives up a rebuild that is under way; what serves goes on. @throws {ProjectionActRefused} if there is none. */
  abort(ctx: Context, name: string, options: ActOptions): Promise<void> {
    return this.waking(abort(this.tools, ctx, name, options));
  }

  /**
   * A projection that is kept in no table: it folds a stream when it is asked.
   *
   * @throws {ProjectionRegistrationError} for a class that is not declared with `lifecycle: 'live'`.
   * @example
   * @Projection({ name: 'shop.order-timeline', lifecycle: 'live', of: Order })
   * class OrderTimeline implements LiveFold<string[], OrderEvent> {
   *   start(): string[] {
   *     return [];
   *   }
   *   apply(lines: string[], { type, recordedAt }: RecordedEvent<OrderEvent>): string[] {
   *     return [...lines, `${recordedAt.toISOString()} ${type}`];
   *   }
   * }
   *
   * const lines = await projections.live(OrderTimeline).of(ctx, orderId);
   */
  live<S>(type: LiveClass<S>): LiveProjection<S> {
    return new LiveProjection(this.tools.store, type);
  }

  /**
   * The names of this program's projections that nothing serves yet in the program's version: they are being filled, and
   * what queries find is not all. A deployment that waits until there are none hands over without a gap.
   */
  ready(): Promise<string[]> {
    return this.tools.builds.ready();
  }

  /** How far a rebuild is, or what became of it. @throws {ProjectionNotFound} also for a build that there never was. */
  async rebuildProgress(name: string, build: number): Promise<RebuildProgress> {
    const found = await buildOf(this.tools.database, name, build);
    if (!found) throw new ProjectionNotFound(`${name} build ${build}`);
    return found.progress;
  }

  private async waking<T>(act: Promise<T>): Promise<T> {
    const result = await act;
    this.runner.wake();
    return result;
  }

  /** However many wait at the same time, the database is asked once at a time. */
  private builds(): Promise<BuildState[]> {
    this.reading ??= liveBuilds(this.tools.database).finally(() => (this.reading = undefined));
    return this.reading;
  }
}
