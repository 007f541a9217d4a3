import type { AggregateClass, DomainEvent, RecordedEvent } from '@acci/event-store';

/** Folds the events of one stream when somebody asks, into whatever is wanted; declared with `@Projection`. */
export interface LiveFold<S, E extends DomainEvent = DomainEvent> {
  /** What there is before the first event. */
  start(streamId: string): S;
  /** What there is after one more; the state that came in may be changed and returned. */
  apply(state: S, event: RecordedEvent<E>): S;
}

/** The class of a live projection. */
export type LiveClass<S = unknown> = new () => LiveFold<S, never>;

/** What a live projection is, declared with `@Projection`. */
export interface LiveOptions {
  /** `area.noun`, lower case. */
  readonly name: string;
  readonly lifecycle: 'live';
  /** Whose streams it folds. */
  readonly of: AggregateClass;
  /** Which of their events; default: all. */
  readonly events?: readonly { readonly type: string }[];
}
