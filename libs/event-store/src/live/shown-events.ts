import type { StreamPage, StreamSource } from '@acci/rest';
import type { EventResponse } from '../http/events.schemas.js';

/**
 * One event stream that can be followed, its events shown as a list shows them.
 *
 * @example
 * const history: FollowedStream<OrderHistoryItem> = {
 *   name: 'shop.order-history',
 *   streamType: 'shop.order',
 *   streamId: id,
 *   show: ({ version, type, recordedAt }) => ({ version, type, at: recordedAt }),
 * };
 */
export interface FollowedStream<T> {
  /** What tells its cursors from those of other lists: never change it. */
  readonly name: string;
  readonly streamType: string;
  readonly streamId: string;
  /** Shows events as they are stored; default false. */
  readonly raw?: boolean;
  readonly show: (event: EventResponse) => T;
}

/** Tells of events in the words of a list. */
export class ShownEvents<T> implements StreamSource<T> {
  readonly cursor: string;

  constructor(
    private readonly events: StreamSource<EventResponse>,
    private readonly show: (event: EventResponse) => T,
  ) {
    this.cursor = events.cursor;
  }

  async read(cursor: string): Promise<StreamPage<T>> {
    return this.shown(await this.events.read(cursor));
  }

  async recent(cursor: string): Promise<StreamPage<T> | undefined> {
    const page = await this.events.recent?.(cursor);
    return page && this.shown(page);
  }

  wait(cursor: string, signal: AbortSignal): Promise<string> {
    return this.events.wait(cursor, signal);
  }

  idle(cursor: string): string {
    return this.events.idle?.(cursor) ?? cursor;
  }

  private shown({ messages, ...page }: StreamPage<EventResponse>): StreamPage<T> {
    return {
      ...page,
      messages: messages.map((message) =>
        'item' in message ? { ...message, item: this.show(message.item) } : message,
      ),
    };
  }
}
