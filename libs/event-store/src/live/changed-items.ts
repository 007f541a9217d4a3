import type { StreamMessage, StreamPage, StreamSource } from '@acci/rest';
import type { EventResponse } from '../http/events.schemas.js';

/**
 * A list that can be followed. Unless it says otherwise there is one item for each stream of a type, under its id.
 *
 * @example
 * const list: FollowedList<OrderResponse> = {
 *   name: 'orders',
 *   streamType: 'shop.order',
 *   filter: { status: 'open' },
 *   find: (ids) => this.orders.find(ctx, ids, { status: 'open' }),
 * };
 * @example
 * // The lines of one order, whose events have them in their data.
 * const lines: FollowedList<LineResponse> = {
 *   name: 'order-lines',
 *   eventTypes: [LineAdded.type, LineRemoved.type],
 *   filter: { orderId },
 *   idOf: ({ streamId, data }) => (streamId === orderId ? (data as LineData).lineId : undefined),
 *   find: (ids) => this.lines.find(ctx, orderId, ids),
 * };
 */
export interface FollowedList<T> {
  /** What tells its cursors from those of other lists: never change it. */
  readonly name: string;
  /** The type of the streams whose events change it; of any, if left out. */
  readonly streamType?: string;
  /** The types of the events that change it; any, if left out. */
  readonly eventTypes?: readonly string[];
  /** What the list is filtered by, such as the parent whose items they are; a cursor is only good for the same. */
  readonly filter?: object;
  /**
   * The id of the item that an event is about, undefined for an event that is about none of this list: nothing is said of
   * it then. What is in the event is as this program reads it. The id of the stream, if left out.
   */
  idOf?(event: EventResponse): string | undefined;
  /**
   * Those of the types that only change items and take none out of the list. Of something that they are about and that is
   * not in the list nothing is said.
   */
  readonly onlyChanging?: readonly string[];
  /** The id of an item; its `id`, if left out. */
  keyOf?(item: T): string;
  /**
   * The items with these ids as they are now, as far as they are in the list. An inline projection is up to date when
   * this is called; an asynchronous one has to be waited for. What it throws ends the stream.
   */
  find(ids: readonly string[]): Promise<readonly T[]>;
}

/** A list whose items have an `id`, or that says what they have in its place. */
export type KeyedList<T> = FollowedList<T> &
  (T extends { readonly id: string } ? unknown : { keyOf(item: T): string });

interface Change {
  readonly cursor: string | undefined;
  /** True if the item may have left the list. */
  readonly mayBeGone: boolean;
}

/** Tells of events by what they made of the items of a list: an item as it is now, or that it is not in the list. */
export class ChangedItems<T> implements StreamSource<T> {
  readonly cursor: string;

  constructor(
    private readonly events: StreamSource<EventResponse>,
    private readonly list: FollowedList<T>,
  ) {
    this.cursor = events.cursor;
  }

  async read(cursor: string): Promise<StreamPage<T>> {
    return this.pageOf(await this.events.read(cursor));
  }

  async recent(cursor: string): Promise<StreamPage<T> | undefined> {
    const page = await this.events.recent?.(cursor);
    return page && this.pageOf(page);
  }

  wait(cursor: string, signal: AbortSignal): Promise<string> {
    return this.events.wait(cursor, signal);
  }

  idle(cursor: string): string {
    return this.events.idle?.(cursor) ?? cursor;
  }

  private async pageOf({ messages, ...page }: StreamPage<EventResponse>): Promise<StreamPage<T>> {
    const changes = [...this.changesIn(messages)];
    if (changes.length === 0) return { messages: [], ...page };
    const items = await this.list.find(changes.map(([id]) => id));
    const found = new Map(items.map((item) => [this.keyOf(item), item]));
    const told = changes.flatMap(([id, { cursor, mayBeGone }]): StreamMessage<T>[] => {
      const item = found.get(id);
      if (item !== undefined) return [{ item, cursor }];
      return mayBeGone ? [{ removed: id, cursor }] : [];
    });
    // Of events that share their place the last has it, which may be about nothing here.
    const last = told.pop();
    if (last) told.push({ ...last, cursor: last.cursor ?? page.cursor });
    return { messages: told, ...page };
  }

  /** By id. Of several events the last one's place counts: the item is as it is now. */
  private changesIn(messages: readonly StreamMessage<EventResponse>[]): Map<string, Change> {
    const { onlyChanging = [] } = this.list;
    const changes = new Map<string, Change>();
    for (const message of messages) {
      if (!('item' in message)) continue;
      const id = this.idOf(message.item);
      if (id === undefined) continue;
      const mayBeGone = changes.get(id)?.mayBeGone || !onlyChanging.includes(message.item.type);
      changes.delete(id);
      changes.set(id, { cursor: message.cursor, mayBeGone });
    }
    return changes;
  }

  private idOf(event: EventResponse): string | undefined {
    return this.list.idOf ? this.list.idOf(event) : event.streamId;
  }

  private keyOf(item: T): string {
    return this.list.keyOf?.(item) ?? (item as { readonly id: string }).id;
  }
}
