import { isDeepStrictEqual } from 'node:util';
import type { Context } from '@acci/event-store';
import { ProcessFault } from '../reaction/reactions.errors.js';
import type { ProcessCommand, ProcessManagerOptions } from './process-options.js';

/** When a timer fires: at a time, or so many milliseconds from now. */
export type TimerTime = { readonly at: Date } | { readonly afterMs: number };

/** What a process did in one step. */
export interface Step {
  readonly commands: readonly { readonly name: string; readonly data: StoredCommand }[];
  /** The last word on each timer that was set or cancelled. */
  readonly timers: ReadonlyMap<string, { readonly time: TimerTime; readonly data: unknown } | undefined>;
  readonly completed: boolean;
}

/** A command on its way. */
export interface StoredCommand {
  readonly ctx: Context;
  readonly input: Readonly<Record<string, unknown>>;
}

/** For the library itself; not exported from the package. */
export let stepOf: (process: Process) => Step;

/**
 * One process: its state, and what a handler wants to happen. Nothing of it happens before the handler has returned.
 *
 * @typeParam S the state.
 */
export class Process<S = unknown> {
  readonly #options: ProcessManagerOptions;
  readonly #commands: { name: string; data: StoredCommand }[] = [];
  readonly #timers = new Map<string, { time: TimerTime; data: unknown } | undefined>();
  #completed = false;

  static {
    stepOf = (process) => ({
      commands: process.#commands,
      timers: process.#timers,
      completed: process.#completed,
    });
  }

  /**
   * @param id what the events were correlated by.
   * @param ctx for commands: on behalf of the process, in the tenant and the correlation of what it reacts to.
   * @param state to be changed in place, or replaced.
   */
  constructor(
    options: ProcessManagerOptions,
    readonly id: string,
    readonly ctx: Context,
    public state: S,
  ) {
    this.#options = options;
  }

  /**
   * Sends a command, after those sent before it: exactly once, and before the next event of the process is handled.
   *
   * @throws {ProcessFault} for a command that the declaration does not list, or that is no JSON.
   */
  send(command: ProcessCommand): void {
    const { commands, name: manager } = this.#options;
    const [name] = Object.entries(commands).find(([, type]) => command.constructor === type) ?? [];
    if (name === undefined)
      throw new ProcessFault(`${manager} does not list ${command.constructor.name} in its commands`);
    const { ctx, ...input } = command as ProcessCommand & Record<string, unknown>;
    this.#commands.push({ name, data: { ctx, input: asJson(input, `${manager}: the command ${name}`) } });
  }

  /**
   * Sets a timer; one of the same name is replaced. It fires once, by the database's clock, also when nobody was running
   * at that time. A completed process has none.
   *
   * @param data is handed to the handler again.
   * @throws {ProcessFault} for data that is no JSON.
   */
  schedule(name: string, time: TimerTime, data: unknown = null): void {
    this.#timers.set(name, { time, data: asJson(data, `${this.#options.name}: the timer ${name}`) });
  }

  /** Stops a timer; does nothing if there is none of this name. */
  cancel(name: string): void {
    this.#timers.set(name, undefined);
  }

  /** Ends the process once the commands of this step are sent: its timers are gone, and later events are ignored. */
  complete(): void {
    this.#completed = true;
  }
}

/** @throws {ProcessFault} for what would come back as something else: a date, an instance of a class, `NaN`. */
export function asJson<T>(value: T, what: string): T {
  const back = JSON.parse(JSON.stringify(value) ?? 'null') as T;
  if (!isDeepStrictEqual(back, withoutUndefined(value)))
    throw new ProcessFault(`${what} is no JSON, and would come back as something else`);
  return back;
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  // An instance of a class stays what it is, and is refused.
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutUndefined(item)]));
}
