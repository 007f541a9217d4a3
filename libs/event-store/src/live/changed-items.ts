import type { StreamMessage, StreamPage, StreamSource } from '@acci/rest';
import type { EventResponse } from '../http/events.schemas.js';

/**
 * A list that can be followed: one item for each stream of a type, under its id.
 *
 * @example
 * const list: FollowedList<OrderResponse> = {
 *   name: 'orders',
 *   streamType: 'shop.order',
 *   filter: { status: 'open' },
 *   find: (ids) => this.orders.find(ctx, ids, { status: 'open' }),
 * };
 */
export interface FollowedList<T extends { readonly id: string }> {
  /** What tells its cursors from those of other lists: never change it. */
  readonly name: string;
  readonly streamType: string;
  /** What the list is filtered by; a cursor is only good for the same. */
  readonly filter?: object;
  /**
   * The items with these ids as they are now, as far as they are in the list. An inline projection is up to date when
   * this is called; an asynchronous one has to be waited for.
   */
  find(ids: readonly string[]): Promise<readonly T[]>;
}

/** Tells of events by what they made of the items of a list: an item as it is now, or that it is not in the list. */
export class ChangedItems<T extends { readonly id: string }> implements StreamSource<T> {
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
    // Of several events the last one's place counts: the item is as it is now.
    const lastOf = new Map<string, string | undefined>();
    for (const message of messages) {
      if (!('item' in message)) continue;
      lastOf.delete(message.item.streamId);
      lastOf.set(message.item.streamId, message.cursor);
    }
    if (lastOf.size === 0) return { messages: [], ...page };
    const found = new Map((await this.list.find([...lastOf.keys()])).map((item) => [item.id, item]));
    const changes = [...lastOf].map(([id, cursor]): StreamMessage<T> => {
      const item = found.get(id);
      return item ? { item, cursor } : { removed: id, cursor };
    });
    return { messages: changes, ...page };
  }
}
