import type { Transaction } from '@acci/database';
import type { EventDefinition, RecordedEvent } from '@acci/event-store';
import type { ReactionSettings } from './reactions.options.js';

/** What every reaction declares. */
export interface ReactionOptions {
  /** `area.noun`, lower case. What is still to be done goes by this name: it is never changed. */
  readonly name: string;
  /** What it reacts to; nothing else reaches it. */
  readonly events: readonly EventDefinition[];
  /**
   * Where it begins when it is there for the first time: with what happens from then on, or with the first event of
   * the log. Default `now`.
   */
  readonly from?: 'now' | 'beginning';
  /** How often a failing delivery is tried before it becomes a dead letter, instead of the module's option. */
  readonly retry?: ReactionSettings['retry'];
  /** How many of its streams or processes one program works on at a time, instead of the module's option. */
  readonly concurrency?: number;
}

/** Something to be done: hand an event over, let a timer fire, send a command. */
export interface Delivery {
  readonly tenantId: string;
  /** The stream of a subscription, or the process of a process manager: what is in a lane is done in order. */
  readonly lane: string;
  readonly id: string;
  readonly number: string;
  readonly kind: 'event' | 'timer' | 'command';
  /** The type of the event, or the name of the timer or command. */
  readonly name: string;
  /** Where the event is. */
  readonly place: EventPlace | undefined;
  /** The event itself, once it has been read. */
  readonly event?: RecordedEvent | undefined;
  /** What goes with the timer or command. */
  readonly data: unknown;
  readonly dueAt: Date;
  /** Which try this is, from 1. */
  readonly attempt: number;
  /** True for a dead letter that is delivered again. */
  readonly retried: boolean;
}

/** Where an event stands in its stream. */
export interface EventPlace {
  readonly streamType: string;
  readonly streamId: string;
  readonly version: number;
  /** Of the events that one stored event is read as, which one. */
  readonly part: number;
}

/** What a delivery changes in the database, together with the note that it is done. */
export type Writes = (tx: Transaction) => void;

/** A subscription or a process manager that was declared and registered. */
export interface Reaction {
  readonly kind: 'subscription' | 'process';
  readonly options: ReactionOptions;
  /** In which lane an event is handled; undefined if it is of no interest. */
  laneOf(event: RecordedEvent): string | undefined;
  /** Does what is to be done. It may be asked to do it again: after a failure, or when the program died before the note. */
  react(delivery: Delivery): Promise<Writes | void>;
}
