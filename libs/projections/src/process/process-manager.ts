import type { DomainEvent, RecordedEvent } from '@acci/event-store';
import { applyDecorators, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { ProcessCommand, ProcessManagerOptions } from './process-options.js';
import type { Process } from './process.js';

/** A timer that has fired. */
export interface Timer {
  readonly name: string;
  readonly data: unknown;
  /** When it was to fire; it may be later now. */
  readonly dueAt: Date;
}

/** A command that was refused. */
export interface CommandFailure {
  /** Its key in the `commands` of the declaration. */
  readonly name: string;
  readonly command: ProcessCommand;
  /** As {@link DomainError} has them. */
  readonly error: { readonly code: string; readonly message: string; readonly details?: unknown };
}

/**
 * Decides what happens next, where that takes several steps: each event changes the state of its process, sends
 * commands and sets timers. All of that is kept in one transaction with the note that the event was handled.
 *
 * A handler may run again for the same event, when its transaction was rolled back: it has no effect but through
 * `process`.
 *
 * @typeParam S the state, `z.output<typeof schema>`.
 */
export interface ProcessHandler<S = unknown, E extends DomainEvent = DomainEvent> {
  handle(event: RecordedEvent<E>, process: Process<S>): Promise<void> | void;
  /** Told when a timer fires, once. Needed by those that set one. */
  timeout?(timer: Timer, process: Process<S>): Promise<void> | void;
  /**
   * Told when a command was refused with a {@link DomainError}, to make good what the process has done so far. Those
   * that it sent after that command are not sent. Without this method a refused command becomes a dead letter.
   */
  failed?(failure: CommandFailure, process: Process<S>): Promise<void> | void;
}

/** The class of a process manager. */
export type ProcessManagerClass = new (...args: never[]) => ProcessHandler<never, never>;

const declared = Reflector.createDecorator<ProcessManagerOptions>();

/**
 * Declares a class to be a process manager. List it in `ReactionsModule.forFeature` to have it run.
 *
 * @example
 * const State = z.object({ paid: z.boolean().default(false) });
 *
 * @ProcessManager({
 *   name: 'shop.fulfilment',
 *   version: 1,
 *   events: [OrderPlaced, PaymentTaken],
 *   state: State,
 *   correlate: ({ streamId }) => streamId,
 *   commands: { CancelOrder, ShipOrder },
 * })
 * export class Fulfilment implements ProcessHandler<z.output<typeof State>, OrderPlaced | PaymentTaken> {
 *   handle(event: RecordedEvent<OrderPlaced | PaymentTaken>, process: Process<z.output<typeof State>>): void {
 *     if (event.type === 'shop.order.placed') process.schedule('unpaid', { afterMs: 3 * 86_400_000 });
 *     else {
 *       process.state.paid = true;
 *       process.cancel('unpaid');
 *       process.send(new ShipOrder(process.ctx, process.id));
 *       process.complete();
 *     }
 *   }
 *
 *   timeout(_timer: Timer, process: Process<z.output<typeof State>>): void {
 *     process.send(new CancelOrder(process.ctx, process.id));
 *     process.complete();
 *   }
 * }
 */
export function ProcessManager(options: ProcessManagerOptions): (target: ProcessManagerClass) => void {
  return applyDecorators(Injectable(), declared(options));
}

/** What a class declared with {@link ProcessManager}; undefined if it did not. */
export function processOptionsOf(type: object): ProcessManagerOptions | undefined {
  return new Reflector().get(declared, type as ProcessManagerClass);
}
