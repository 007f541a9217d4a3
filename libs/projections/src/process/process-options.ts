import type { Context, EventDefinition, RecordedEvent } from '@acci/event-store';
import type { ICommand } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { ReactionOptions } from '../reaction/reaction.js';

/** A command as the framework has them: its context first, and the rest of it JSON. */
export type ProcessCommand = ICommand & { readonly ctx: Context };

/** The class of a command. */
export type ProcessCommandClass = new (ctx: Context, ...rest: never[]) => ProcessCommand;

/** What a process manager is, declared with {@link ProcessManager}. */
export interface ProcessManagerOptions extends ReactionOptions {
  /** The version of the shape of its state, from 1. */
  readonly version: number;
  /**
   * The state of a process, as JSON. Every field has a default, which is where a process begins. It is stored in clear:
   * ids belong here; values of personal fields are refused, here and in commands and timers.
   */
  readonly state: z.ZodType;
  /** The id of the process that an event belongs to; undefined if it is of no interest. It must decide by the event alone. */
  readonly correlate: (event: RecordedEvent) => string | undefined;
  /** The events that begin a process; others are ignored while there is none. Default: all of its events. */
  readonly begins?: readonly EventDefinition[];
  /** The commands that it sends. The keys are stored with those that are still to be sent: they are never changed. */
  readonly commands: Readonly<Record<string, ProcessCommandClass>>;
  /** Makes of a state that was stored in an older version one of this version. Default: as it is. */
  readonly upgrade?: (state: unknown, version: number) => unknown;
}
