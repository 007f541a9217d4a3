import type { DomainEvent, EventDefinition, PendingEvent } from '@acci/event-store';
import { applyDecorators, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { LiveClass, LiveOptions } from './live/live-fold.js';
import type { PersonalColumns } from './personal/personal-columns.js';
import type { ProjectionTransaction } from './table/projection-transaction.js';
import type { ReadTable } from './table/read-table.js';

/**
 * When a projection's tables follow the events. `inline`: in the append's own transaction, for what the very next
 * request must see. `async`: shortly after, in a process with a runner, at no cost to the append.
 */
export type Lifecycle = 'inline' | 'async';

/**
 * For which tenants a projection exists. `all`: for each, unless it is switched off for one. `chosen`: for none, until it
 * is switched on for one; of the others it has no rows and reads no events.
 */
export type ProjectionTenants = 'all' | 'chosen';

/** What a projection is, declared with {@link Projection}. */
export interface ProjectionOptions {
  /** `area.noun`, lower case. Its checkpoint goes by this name: it is never changed. */
  readonly name: string;
  /** From 1. Raise it when the handler or its tables change: the projection is then rebuilt at the next start. */
  readonly version: number;
  readonly lifecycle: Lifecycle;
  /** Default `all`. `chosen` is for asynchronous ones; to change it takes a new version. */
  readonly tenants?: ProjectionTenants;
  /** What it handles; nothing else reaches it. */
  readonly events: readonly EventDefinition[];
  /**
   * The tenant tables that it fills, such as `acci.tenant_directory`, and nobody else does: made by a migration, or
   * declared in code with `readTable`. A table that references another one comes after it.
   */
  readonly tables: readonly (string | ReadTable)[];
  /**
   * Where the tables keep what personal fields of the events said; it is replaced when its subject is forgotten.
   * Needed as soon as an event has such fields: `[]` says that nothing of them is kept.
   */
  readonly personal?: readonly PersonalColumns[];
}

/**
 * An event as handlers get it, in either lifecycle. It has no position: while an append is under way the event has
 * no place in the log yet, and a read model must come out the same from a rebuild.
 */
export type ProjectedEvent<E extends DomainEvent = DomainEvent> = PendingEvent<E>;

/**
 * Keeps read models: turns each event into writes on `tx`, which belongs to the event's tenant and reaches no other.
 *
 * A stream's events come in order, each exactly once as far as the tables show. Of different streams, an inline
 * handler may see events at the same time, so what it writes for one must not depend on another's, or commute with
 * it (`total = total + 1`). A handler may run again for an event whose transaction was rolled back: it must write
 * nothing but through `tx`, and decide from nothing but the event and what it reads there.
 */
export interface ProjectionHandler<E extends DomainEvent = DomainEvent> {
  /**
   * Prefer `tx.put`, which keeps the last state of each row and writes many at once, then `tx.execute`, which queues: a
   * whole batch of events is one round trip.
   */
  handle(event: ProjectedEvent<E>, tx: ProjectionTransaction): Promise<void> | void;
}

/** The class of a projection. */
export type ProjectionClass = new (...args: never[]) => ProjectionHandler;

const declared = Reflector.createDecorator<ProjectionOptions | LiveOptions>();

/**
 * Declares a class to be a projection. List it in `ProjectionsModule.forFeature` to have it run.
 *
 * @example
 * @Projection({
 *   name: 'shop.order-list',
 *   version: 1,
 *   lifecycle: 'async',
 *   events: [OrderPlaced],
 *   tables: ['shop.order_list'],
 * })
 * export class OrderListProjection implements ProjectionHandler<OrderPlaced> {
 *   handle({ streamId, data }: ProjectedEvent<OrderPlaced>, tx: ProjectionTransaction): void {
 *     tx.put('shop.order_list', { id: streamId, total: data.total });
 *   }
 * }
 */
export function Projection(options: ProjectionOptions): (target: ProjectionClass) => void;
export function Projection(options: LiveOptions): (target: LiveClass) => void;
export function Projection(
  options: ProjectionOptions | LiveOptions,
): (target: ProjectionClass | LiveClass) => void {
  return applyDecorators(Injectable(), declared(options));
}

/** What a class declared with {@link Projection}; undefined if it did not. */
export function projectionOptionsOf(type: ProjectionClass): ProjectionOptions | undefined {
  const options = new Reflector().get(declared, type);
  return options?.lifecycle === 'live' ? undefined : options;
}

/** The same of a class that folds streams on demand. */
export function liveOptionsOf(type: LiveClass): LiveOptions | undefined {
  const options = new Reflector().get(declared, type);
  return options?.lifecycle === 'live' ? options : undefined;
}
