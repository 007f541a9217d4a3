import type { z } from 'zod';
import type { DomainEvent, EventDefinition, EventOf } from './event-definition.js';

/**
 * Where a stored event stands. It is all that an upcaster may know beside the data, because it is all that is known
 * wherever events are read: the same event must become the same on every way.
 */
export interface StreamPlace {
  readonly tenantId: string;
  readonly streamType: string;
  readonly streamId: string;
  /** The number of the stored event in its stream, from 1. */
  readonly version: number;
}

/** How stored events of one type and schema version become events that the program knows; made by {@link upcast}. */
export interface Upcaster {
  readonly from: EventDefinition;
  /** What it may become; empty for what is dropped. */
  readonly targets: readonly EventDefinition[];
  /** One step: what this returns may be upcast further. */
  apply(data: unknown, place: StreamPlace): readonly DomainEvent[];
}

type DataOf<D extends EventDefinition> = z.output<D['schema']>;

/** What can become of an outdated event. Callbacks must be pure, and quick: they run whenever the event is read. */
export interface Upcast<D extends EventDefinition> {
  /** One event becomes one: the next version, or an event of another type. */
  to<N extends EventDefinition>(
    target: N,
    convert: (data: DataOf<D>, place: StreamPlace) => DataOf<N>,
  ): Upcaster;
  /** One event becomes some of these, in the order returned. They share its version and position. */
  into<const N extends readonly EventDefinition[]>(
    targets: N,
    convert: (data: DataOf<D>, place: StreamPlace) => readonly EventOf<N[number]>[],
  ): Upcaster;
  /** The event means nothing any more. It stays stored, keeps its version, and nobody reads it. */
  drop(): Upcaster;
}

/**
 * Says how an event that was stored in an old schema version, or under an old type, is read from now on. The aggregate
 * lists it in `upcasters`, and only what the event becomes in `events`.
 *
 * @example
 * static readonly upcasters = [
 *   upcast(OrderPlacedV1).to(OrderPlaced, ({ cents, ...data }) => ({ ...data, price: { cents, currency: 'EUR' } })),
 *   upcast(OrderPaidAndShipped).into([OrderPaid, OrderShipped], ({ paid, parcel }) => [
 *     OrderPaid.of({ cents: paid }),
 *     OrderShipped.of({ parcel }),
 *   ]),
 *   upcast(OrderViewed).drop(),
 * ];
 */
export function upcast<D extends EventDefinition>(from: D): Upcast<D> {
  // What is stored fits the schema of its version: it was checked on its way in.
  return {
    to: (target, convert) => ({
      from,
      targets: [target],
      apply: (data, place) => [
        { type: target.type, version: target.version, data: convert(data as DataOf<D>, place) },
      ],
    }),
    into: (targets, convert) => ({
      from,
      targets,
      apply: (data, place) => convert(data as DataOf<D>, place),
    }),
    drop: () => ({ from, targets: [], apply: () => [] }),
  };
}
