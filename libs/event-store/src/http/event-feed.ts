import { createHash } from 'node:crypto';
import { Database, prepared, type Transaction } from '@acci/database';
import { decodeCursor, encodeCursor, type Page } from '@acci/rest';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Context } from '../context.js';
import { StreamNotFound } from '../event-store.errors.js';
import { EventRegistry } from '../event/event-registry.js';
import type { RecordedEvent } from '../event/recorded-event.js';
import { comparePositions, formatPosition, parsePosition, type Position } from '../position.js';
import { translateReadError } from '../store/append-errors.js';
import { EventStore, internalsOf } from '../store/event-store.js';
import { toPosition, toRecordedEvent, type PositionRow, type RecordedRow } from '../store/rows.js';
import type { Sized } from '../store/sized-page.js';
import { clustersEpoch } from '../store/statements.js';
import type { EventFeedPage, EventResponse, ReadEventsQuery, ReadStreamQuery } from './events.schemas.js';
import { feedStatement, streamStatement, type FeedFilter, type FeedStatement } from './feed-statements.js';

// Everything before this is settled: what commits from now on comes after it. A transaction that only reads may have
// begun on a replica that was promoted since, and then there may be more to come of the epoch before.
export const selectHorizon = prepared(`
  select case when current_setting('transaction_read_only')::boolean then ${clustersEpoch} else acci.current_epoch() end
           as epoch,
         pg_snapshot_xmin(pg_current_snapshot())::text as transaction, '0' as position`);

/**
 * A tenant's events, a page at a time, for those who read them over HTTP. It reads under row-level security, and
 * counts in stored events: one that is read as several is never torn apart by the end of a page.
 */
@Injectable()
export class EventFeed {
  constructor(
    private readonly database: Database,
    private readonly registry: EventRegistry,
    private readonly store: EventStore,
  ) {}

  /**
   * A page of all that happened in the tenant, in the order of the log. Only settled events are shown, so nothing
   * appears later before a place that a cursor has passed. Cursors are positions of the log, and live as long as it.
   *
   * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another tenant or other filters.
   */
  async events(ctx: Context, { limit, cursor, raw, ...filter }: ReadEventsQuery): Promise<EventFeedPage> {
    const { tenantId } = ctx;
    const key = feedKey(tenantId, raw, filter);
    const after = placeOf(cursor, key);
    const { items, through, more } = await this.after(tenantId, after, { limit, raw, filter });
    const resume = cursorAt(key, through);
    return { items, next: more ? resume : null, resume };
  }

  /** The stored events after a place, and what has been seen with them: what its filter left out, too. */
  async after(
    tenantId: string,
    after: Position | undefined,
    { limit, raw, filter }: FeedSelection,
  ): Promise<FeedStretch> {
    const types = this.storedTypes(filter.types, raw);
    const statement = feedStatement(tenantId, after, { ...filter, types }, limit + 1);
    const { rows, horizon } = await this.read(tenantId, statement).catch((error: unknown) => {
      throw translateReadError(error);
    });
    const { items, next } = cut(rows, limit, toPosition);
    const events = (await this.decode(items, raw)).filter((event) => isWanted(event, raw, filter));
    const seen = [after, ...[...items.slice(-1), ...horizon].map(toPosition)];
    // The last page has seen all that is settled.
    return { items: events.map(toResponse), through: next ?? latest(seen), more: next !== null };
  }

  /** The types under which events are stored that are shown under these; undefined for any. */
  storedTypes(types: readonly string[] | undefined, raw: boolean): readonly string[] | undefined {
    return types && (raw ? types : this.registry.sourcesOf(types));
  }

  /**
   * A page of one stream.
   *
   * @throws {StreamNotFound} for a stream that the tenant does not have, or has under another type.
   * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another stream or direction.
   */
  async stream(
    ctx: Context,
    streamType: string,
    streamId: string,
    { limit, cursor, raw, direction }: ReadStreamQuery,
  ): Promise<Page<EventResponse>> {
    const { tenantId } = ctx;
    const key = fingerprint('stream', tenantId, streamType, streamId, direction);
    const after = decodeCursor(cursor, cursorOf(key, z.int32()))?.[1];
    const statement = streamStatement(direction);
    const values = [tenantId, streamType, streamId, after ?? null, limit + 1];
    const rows = await this.database.queryInTenant<PageRow>(tenantId, statement, values);
    if (rows.length === 0 && after === undefined) throw new StreamNotFound(streamType, streamId);
    const { items, next } = cut(rows, limit, (last) => encodeCursor([key, last.version]));
    return { items: (await this.decode(items, raw)).map(toResponse), next };
  }

  /** @throws {StreamNotFound} for a stream that the tenant does not have, or has under another type. */
  async assertStream(tenantId: string, streamType: string, streamId: string): Promise<void> {
    const values = [tenantId, streamType, streamId, null, 1];
    const rows = await this.database.queryInTenant<PageRow>(tenantId, streamStatement('forwards'), values);
    if (rows.length === 0) throw new StreamNotFound(streamType, streamId);
  }

  /** The rows of a page, and what had been settled before them. */
  private async read(
    tenantId: string,
    { sql, values, asSystem }: FeedStatement,
  ): Promise<{ readonly rows: PageRow[]; readonly horizon: readonly PositionRow[] }> {
    const work = async (tx: Transaction) => {
      const horizon = tx.execute<PositionRow>(selectHorizon);
      const rows = await tx.query<PageRow>(sql, values);
      return { rows, horizon: horizon.rows };
    };
    return asSystem
      ? this.database.asSystem('find what a request caused', work)
      : this.database.inTenant(tenantId, work);
  }

  /** The events of stored rows, as this program reads them unless `raw`. */
  async decode(rows: readonly RecordedRow[], raw: boolean): Promise<RecordedEvent[]> {
    return raw ? rows.map(toRecordedEvent) : internalsOf(this.store).decoder.recorded(rows);
  }
}

/** What a reader of a feed wants, of events as they are read. */
export interface FeedSelection {
  /** Most stored events. */
  readonly limit: number;
  readonly raw: boolean;
  readonly filter: FeedFilter;
}

/** Some events of a feed, and the last place that has been looked at. */
export interface FeedStretch {
  readonly items: EventResponse[];
  readonly through: Position;
  readonly more: boolean;
}

/** What the cursors of a feed are made with, so that they are good for nothing else. */
export function feedKey(tenantId: string, raw: boolean, filter: FeedFilter): string {
  return fingerprint('feed', tenantId, raw, filter);
}

/** A cursor of a feed. */
export function cursorAt(key: string, place: Position): string {
  return encodeCursor([key, formatPosition(place)]);
}

/**
 * The place that a cursor names.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another key.
 */
export function placeOf(cursor: string, key: string): Position;
export function placeOf(cursor: string | undefined, key: string): Position | undefined;
export function placeOf(cursor: string | undefined, key: string): Position | undefined {
  return parsePosition(decodeCursor(cursor, cursorOf(key, positionText))?.[1] ?? '');
}

// What is read as another type is found by the types that it comes from.
function isWanted({ type }: RecordedEvent, raw: boolean, { types }: FeedFilter): boolean {
  return raw || !types || types.includes(type);
}

const positionText = z.string().refine((text) => parsePosition(text) !== undefined);

interface PageRow extends RecordedRow, Sized {}

/** A page of the rows that one more than it holds was asked for; there are fewer of them if they are large. */
function cut<P>(
  rows: PageRow[],
  limit: number,
  placeOfLast: (last: PageRow) => P,
): { items: PageRow[]; next: P | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last && last.found > items.length ? placeOfLast(last) : null };
}

/** A place, and what it belongs to. */
function cursorOf<S extends z.ZodType>(key: string, place: S): z.ZodTuple<[z.ZodLiteral<string>, S], null> {
  return z.tuple([z.literal(key), place]);
}

function latest(positions: readonly (Position | undefined)[]): Position {
  return positions.reduce<Position>(
    (last, next) => (next && comparePositions(last, next) < 0 ? next : last),
    { epoch: 1, transaction: 0n, position: 0n },
  );
}

/** What a cursor is good for, so that it is refused with anything else. */
export function fingerprint(...what: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(what)).digest('base64url').slice(0, 12);
}

/** An event as it is shown over HTTP. */
export function toResponse({ position: place, tenantId: _tenantId, ...event }: RecordedEvent): EventResponse {
  return { ...event, position: formatPosition(place), recordedAt: event.recordedAt.toISOString() };
}
