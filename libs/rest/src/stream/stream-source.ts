/**
 * One message of a live stream: an item, or that an item is gone. Without a cursor a client that was cut off right after
 * it gets it again: it is one of several that share the cursor of the last.
 *
 * @example
 * const message: StreamMessage<Thing> = { cursor: encodeCursor([7]), item: { id: '1', name: 'lamp' } };
 */
export type StreamMessage<T> = { readonly cursor?: string | undefined } & (
  { readonly item: T } | { readonly removed: string }
);

/**
 * What there is after a cursor, or the next part of it.
 *
 * @example
 * const page: StreamPage<Thing> = { messages: [], cursor: encodeCursor([7]), more: false };
 */
export interface StreamPage<T> {
  readonly messages: readonly StreamMessage<T>[];
  /** Where to go on: at or behind the cursor of the last message, so that nothing is looked at twice. */
  readonly cursor: string;
  /** True if there may be more already. */
  readonly more: boolean;
}

/**
 * Where the messages of a live stream come from. It holds nothing for its reader: whoever is slow asks again, with an
 * older cursor. Made by the handler of an {@link EventStream} route.
 *
 * @example
 * class ThingSource implements StreamSource<Thing> {
 *   readonly cursor = encodeCursor([7]);
 *   read(cursor: string) { return this.things.changedAfter(cursor); }
 *   wait(cursor: string, signal: AbortSignal) { return this.things.nextChange(cursor, signal); }
 * }
 */
export interface StreamSource<T> {
  /** Where the stream begins: where its client had been, or now. */
  readonly cursor: string;
  /** What comes after a cursor, from wherever it is stored. */
  read(cursor: string): Promise<StreamPage<T>>;
  /** The same where it is in memory anyway, shared by all streams; undefined where it is not. */
  recent?(cursor: string): Promise<StreamPage<T> | undefined> | undefined;
  /**
   * Resolves once there may be something after the cursor, or the signal aborts.
   *
   * @returns the cursor to go on from: nothing for this stream stands before it.
   */
  wait(cursor: string, signal: AbortSignal): Promise<string>;
  /** Where a stream that waits could go on from by now, having missed nothing. Sent with heartbeats. */
  idle?(cursor: string): string;
}
