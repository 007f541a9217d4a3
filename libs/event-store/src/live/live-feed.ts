import type { StreamMessage, StreamPage, StreamSource } from '@acci/rest';
import { Injectable } from '@nestjs/common';
import type { Context } from '../context.js';
import { cursorAt, EventFeed, feedKey, fingerprint, placeOf, toResponse } from '../http/event-feed.js';
import type { EventResponse, FollowEventsQuery } from '../http/events.schemas.js';
import type { FeedFilter } from '../http/feed-statements.js';
import { parsePosition, type Position } from '../position.js';
import type { RecordedRow } from '../store/rows.js';
import { ChangedItems, type KeyedList } from './changed-items.js';
import { LogTail, type TailWaiter } from './log-tail.js';
import { ShownEvents, type FollowedStream } from './shown-events.js';
import type { TailEntry } from './tail-window.js';

/** Whose events, and which of them. */
interface Following {
  readonly tenantId: string;
  readonly raw: boolean;
  readonly filter: FeedFilter;
  /** The types under which what is wanted is stored; any, if left out. */
  readonly storedTypes?: readonly string[] | undefined;
  /** What its cursors are made with. */
  readonly key: string;
}

/**
 * What happens in a tenant, while it happens, for routes with `@EventStream` of `@acci/rest`. However many streams there
 * are, the end of the log is read once.
 *
 * @example
 * const source = await liveFeed.list(ctx, lastEventId, {
 *   name: 'orders',
 *   streamType: 'shop.order',
 *   find: (ids) => this.queryBus.execute(new FindOrders(ctx, ids)),
 * });
 */
@Injectable()
export class LiveFeed {
  constructor(
    private readonly feed: EventFeed,
    private readonly tail: LogTail,
  ) {}

  /**
   * A tenant's events, behind a cursor of its feed or from now on.
   *
   * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another tenant or other filters.
   */
  events(
    { tenantId }: Context,
    { cursor, raw, ...filter }: FollowEventsQuery,
  ): Promise<StreamSource<EventResponse>> {
    return this.source({ tenantId, raw, filter, key: feedKey(tenantId, raw, filter) }, cursor);
  }

  /**
   * The items of a list, each again whenever an event changed it, behind a cursor or from now on.
   *
   * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another tenant, list or filter.
   */
  async list<T>(
    { tenantId }: Context,
    cursor: string | undefined,
    list: KeyedList<T>,
  ): Promise<StreamSource<T>> {
    const key = fingerprint('list', tenantId, list.name, list.filter);
    const filter = { streamType: list.streamType, types: list.eventTypes };
    // Whose an event is needs no reading; what it is about does, as that may have been stored in other words.
    const raw = !list.idOf;
    return new ChangedItems(await this.source({ tenantId, raw, filter, key }, cursor), list);
  }

  /**
   * The events of one event stream, behind a cursor or from now on.
   *
   * @throws {StreamNotFound} for one that the tenant does not have.
   * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another tenant, list or stream.
   */
  async stream<T>(
    { tenantId }: Context,
    cursor: string | undefined,
    { name, streamType, streamId, raw = false, show }: FollowedStream<T>,
  ): Promise<StreamSource<T>> {
    const key = fingerprint('stream', tenantId, name, streamType, streamId, raw);
    const events = await this.source({ tenantId, raw, filter: { streamType, streamId }, key }, cursor);
    await this.feed.assertStream(tenantId, streamType, streamId);
    return new ShownEvents(events, show);
  }

  private async source(wish: Following, cursor: string | undefined): Promise<FeedSource> {
    // Checked here, where it is still answered as a problem.
    if (cursor !== undefined) placeOf(cursor, wish.key);
    const following = { ...wish, storedTypes: this.feed.storedTypes(wish.filter.types, wish.raw) };
    const from = cursor ?? cursorAt(following.key, await this.tail.now());
    return new FeedSource(this.feed, this.tail, following, from);
  }
}

const pageSize = 100;

class FeedSource implements StreamSource<EventResponse> {
  private waiter: TailWaiter | undefined;
  private made: { readonly place: Position; readonly cursor: string } | undefined;

  constructor(
    private readonly feed: EventFeed,
    private readonly tail: LogTail,
    private readonly following: Following,
    readonly cursor: string,
  ) {}

  async read(cursor: string): Promise<StreamPage<EventResponse>> {
    const { tenantId, raw, filter } = this.following;
    const { items, through, more } = await this.feed.after(tenantId, this.placeOf(cursor), {
      limit: pageSize,
      raw,
      filter,
    });
    return { messages: this.messagesOf(items), cursor: this.cursorAt(through), more };
  }

  recent(cursor: string): Promise<StreamPage<EventResponse>> | undefined {
    const { tenantId } = this.following;
    const found = this.tail.after(this.placeOf(cursor), tenantId);
    return found && this.pageOf(found.entries, found.through);
  }

  async wait(cursor: string, signal: AbortSignal): Promise<string> {
    const { tenantId } = this.following;
    const place = await this.tail.wait(this.placeOf(cursor), tenantId, signal, (waiter) => {
      this.waiter = waiter;
    });
    return this.cursorAt(place);
  }

  idle(cursor: string): string {
    return this.waiter ? this.cursorAt(this.waiter.place) : cursor;
  }

  private async pageOf(entries: readonly TailEntry[], through: Position): Promise<StreamPage<EventResponse>> {
    const { filter, storedTypes } = this.following;
    const wanted = entries.filter(
      ({ row }) => fits(row, filter) && (!storedTypes || storedTypes.includes(row.type)),
    );
    const items = (await Promise.all(wanted.map((entry) => this.shown(entry)))).flat();
    return { messages: this.messagesOf(items), cursor: this.cursorAt(through), more: false };
  }

  private async shown(entry: TailEntry): Promise<EventResponse[]> {
    const { raw, filter } = this.following;
    const events = await entry.shownAs(raw, async () =>
      (await this.feed.decode([entry.row], raw)).map(toResponse),
    );
    return events.filter(({ type }) => !filter.types || filter.types.includes(type));
  }

  /** Events that one stored event is read as share their place: only the last of them has a cursor. */
  private messagesOf(items: readonly EventResponse[]): StreamMessage<EventResponse>[] {
    return items.map((item, index) => {
      if (items[index + 1]?.position === item.position) return { item };
      return { item, cursor: this.cursorAt(parsePosition(item.position) as Position) };
    });
  }

  /** Nearly always of the cursor that was made last: reading it anew would cost more than all the rest. */
  private placeOf(cursor: string): Position {
    return cursor === this.made?.cursor ? this.made.place : placeOf(cursor, this.following.key);
  }

  private cursorAt(place: Position): string {
    if (place !== this.made?.place) this.made = { place, cursor: cursorAt(this.following.key, place) };
    return this.made.cursor;
  }
}

/** What `feedStatement` asks of a row, but for its type: that may be another one once the event is read. */
function fits({ stream_type, stream_id, metadata }: RecordedRow, filter: FeedFilter): boolean {
  const { streamType = stream_type, streamId = stream_id, correlationId, causationId } = filter;
  return (
    stream_type === streamType &&
    stream_id === streamId &&
    (correlationId ?? metadata.correlationId) === metadata.correlationId &&
    (causationId ?? metadata.causationId) === metadata.causationId
  );
}
