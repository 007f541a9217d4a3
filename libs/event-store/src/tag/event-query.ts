import type { DomainEvent } from '../event/event-definition.js';
import type { RecordedEvent } from '../event/recorded-event.js';
import type { Position } from '../position.js';
import type { Tag } from './tag.js';

/** Which events are meant: those of one of the types that have all of the tags. What is left out does not matter. */
export interface EventCriteria {
  readonly types?: readonly string[];
  readonly tags?: readonly Tag[];
}

/**
 * Which events of a tenant are meant: those that fit the criteria, or any of several.
 *
 * @example
 * const aboutBoth: EventQuery = { anyOf: [{ tags: [tag('course', '7')] }, { tags: [tag('student', 'ada')] }] };
 */
export type EventQuery = EventCriteria | { readonly anyOf: readonly EventCriteria[] };

/**
 * How far a query has read. Beside the place of the last event it says which transactions had ended by then, because
 * an event that is committed later may still stand before that place.
 */
export interface QueryPosition extends Position {
  readonly seen?: {
    readonly epoch: number;
    /** PostgreSQL's `pg_snapshot` as text. */
    readonly snapshot: string;
  };
}

/** What {@link EventStore.query} found. */
export interface QueryResult<E extends DomainEvent = DomainEvent> {
  /** In the order of the log. */
  readonly events: readonly RecordedEvent<E>[];
  /** Hand it to `unless` as `after`, or to another query to read on; undefined if nothing was found. */
  readonly position: QueryPosition | undefined;
}

/** Which part of a query's events {@link EventStore.query} returns. */
export interface QueryOptions {
  /** Only events after this. */
  readonly after?: QueryPosition | undefined;
  /** How many events to return; there are fewer only if there are no more. Default 1,000. */
  readonly limit?: number;
}

/**
 * Appends only if nothing has happened that the decision did not know of: no event that fits the query, each of whose
 * criteria must have a tag, after this position. Undefined: no such event at all.
 */
export type AppendCondition = EventQuery & { readonly after: QueryPosition | undefined };

/** The criteria of a query, one by one. */
export function criteriaOf(query: EventQuery): readonly EventCriteria[] {
  return 'anyOf' in query ? query.anyOf : [query];
}

/** Criteria as statements take them. `tag` is the one to begin with: each of the different tags finds all that is wanted. */
export function wantedJson(
  criteria: readonly EventCriteria[],
  sourcesOf: (types: readonly string[]) => readonly string[],
): string {
  return JSON.stringify(
    criteria.map(({ tags, types }) => {
      const [tag, ...more] = new Set(tags);
      return { tag, more, types: types && sourcesOf(types) };
    }),
  );
}
