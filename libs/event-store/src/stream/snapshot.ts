import type { z } from 'zod';

/** What {@link snapshotOf} takes. */
export interface SnapshotSpec<A, S extends z.ZodType> {
  /** After how many events since the last snapshot a save takes the next one. */
  readonly every: number;
  /**
   * The version of the state, from 1. Count it up whenever `schema`, `take`, `restore` or what `apply` makes of events
   * changes: snapshots of any other version are ignored and made anew.
   */
  readonly version: number;
  /** What the state looks like; JSON, as the data of an event. */
  readonly schema: S;
  /** Must be said where events have personal fields and the state has none, so that it was thought of. */
  readonly personal?: 'none';
  /** The aggregate's whole state. */
  take(aggregate: A): z.output<S>;
  /** Gives a new aggregate the state that `take` returned. */
  restore(aggregate: A, state: z.output<S>): void;
}

/** How snapshots of an aggregate are taken and restored; made by {@link snapshotOf}. */
export type Snapshot<A = unknown, S extends z.ZodType = z.ZodType> = SnapshotSpec<A, S>;

/**
 * Declares that an aggregate's state is kept now and then, so that loading it need not begin at its first event. Inside
 * the class, `take` and `restore` may reach what is private. {@link given} tests every aggregate by its snapshot too.
 *
 * @example
 * class Account extends Aggregate<AccountEvent> {
 *   static readonly streamType = 'bank.account';
 *   static readonly events = accountEvents;
 *   static readonly snapshot = snapshotOf({
 *     every: 100,
 *     version: 1,
 *     schema: z.object({ balance: z.int() }),
 *     take: (account: Account) => ({ balance: account.balance }),
 *     restore: (account, { balance }) => {
 *       account.balance = balance;
 *     },
 *   });
 *   private balance = 0;
 */
export function snapshotOf<A, S extends z.ZodType>(spec: SnapshotSpec<A, S>): Snapshot<A, S> {
  return spec;
}
