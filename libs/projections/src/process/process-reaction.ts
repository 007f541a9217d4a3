import type { Database } from '@acci/database';
import {
  ConsistencyViolated,
  DomainError,
  StreamConflict,
  type Context,
  type EventStore,
  type RecordedEvent,
} from '@acci/event-store';
import type { CommandBus } from '@nestjs/cqrs';
import type { Delivery, Reaction, Writes } from '../reaction/reaction.js';
import { ProgramOutdated, ReactionRegistrationError } from '../reaction/reactions.errors.js';
import { asJson, Process, stepOf, type StoredCommand } from './process.js';
import type { CommandFailure, ProcessHandler } from './process-manager.js';
import type { ProcessCommand, ProcessManagerOptions } from './process-options.js';
import { refusePersonalValues } from './refuse-personal-values.js';
import { selectProcess, type ProcessRow } from './process-statements.js';
import { writesOf } from './process-writes.js';

/** What a process manager is put to work with. */
export interface ProcessTools {
  readonly database: Database;
  readonly store: EventStore;
  readonly commandBus: CommandBus;
}

/** Takes processes from step to step, each in the order of what happens to it. */
export class ProcessReaction implements Reaction {
  readonly kind = 'process';
  private readonly handler: ProcessHandler;

  /** @throws {ReactionRegistrationError} naming what is declared wrongly. */
  constructor(
    handler: ProcessHandler<never, never>,
    readonly options: ProcessManagerOptions,
    private readonly tools: ProcessTools,
  ) {
    this.handler = handler;
    const { name, version, state, correlate, commands, begins = [], events } = options;
    const fail = (reason: string): never => {
      throw new ReactionRegistrationError(`${name} ${reason}`);
    };
    if (typeof handler.handle !== 'function') fail(`has no method handle in ${handler.constructor.name}`);
    if (!Number.isSafeInteger(version) || version < 1) fail(`needs a version from 1, not ${version}`);
    if (typeof correlate !== 'function') fail('does not say what events are correlated by');
    if (!commands) fail('does not list its commands');
    const stranger = begins.find((begin) => !events.includes(begin));
    if (stranger) fail(`begins with ${stranger.type}, which it does not list`);
    if (!state?.safeParse({}).success) fail('needs a default for every field of its state');
  }

  laneOf(event: RecordedEvent): string | undefined {
    return this.options.correlate(event);
  }

  async react(delivery: Delivery): Promise<Writes | void> {
    if (delivery.kind === 'command') return this.send(delivery);
    const row = await this.read(delivery);
    if (row?.status === 'completed') return;
    return delivery.kind === 'timer' ? this.fire(delivery, row) : this.handle(delivery, row);
  }

  private async handle(delivery: Delivery, row: ProcessRow | undefined): Promise<Writes | void> {
    const event = delivery.event as RecordedEvent;
    const { begins } = this.options;
    if (!row && begins?.every(({ type }) => type !== event.type)) return;
    const correlationId = row?.correlation_id ?? event.metadata.correlationId;
    return this.step(delivery, row, { correlationId, causationId: event.id }, (process) =>
      this.handler.handle(event, process),
    );
  }

  private async fire(delivery: Delivery, row: ProcessRow | undefined): Promise<Writes | void> {
    if (!row) return;
    const { name, data, dueAt, id } = delivery;
    const { handler, options } = this;
    if (!handler.timeout) throw new Error(`${options.name} set the timer ${name}, but has no method timeout`);
    const cause = { correlationId: row.correlation_id, causationId: id };
    return this.step(delivery, row, cause, (process) => handler.timeout?.({ name, data, dueAt }, process));
  }

  /**
   * Under an id of its own, which the delivery has had since it was decided: if this program dies before it is noted as
   * sent, it is sent again, and the event store knows that it was handled.
   */
  private async send(delivery: Delivery): Promise<Writes | void> {
    const { store, commandBus } = this.tools;
    const { options, handler } = this;
    const { ctx: decided, input } = delivery.data as StoredCommand;
    const type = options.commands[delivery.name];
    if (!type) throw new Error(`${options.name} does not list the command ${delivery.name} any more`);
    const ctx: Context = { ...decided, commandId: `${options.name}/${delivery.id}` };
    const command = Object.assign(Object.create(type.prototype) as ProcessCommand, input, { ctx });
    try {
      await store.once(ctx, async () => void (await commandBus.execute(command)));
    } catch (error) {
      if (!handler.failed || !isRefusal(error)) throw error;
      const { code, message, details } = error;
      const failure: CommandFailure = {
        name: delivery.name,
        command,
        error: { code, message, ...(details && { details }) },
      };
      const row = await this.read(delivery);
      const cause = { correlationId: decided.correlationId, causationId: delivery.id };
      return this.step(delivery, row, cause, (process) => handler.failed?.(failure, process));
    }
  }

  private async step(
    delivery: Delivery,
    row: ProcessRow | undefined,
    cause: Pick<Context, 'correlationId' | 'causationId'>,
    decide: (process: Process) => Promise<void> | void,
  ): Promise<Writes> {
    const { options } = this;
    const { tenantId, lane } = delivery;
    const ctx: Context = { tenantId, actor: `process:${options.name}`, ...cause };
    const process = new Process(options, lane, ctx, this.stateOf(row));
    await decide(process);
    const state = asJson(options.state.parse(process.state), `${options.name}: the state`);
    if (delivery.event) {
      const { commands, timers } = stepOf(process);
      const kept = [state, commands, [...timers.values()]];
      refusePersonalValues(options.name, options.events, delivery.event, kept);
    }
    return writesOf(options, delivery, process, { state, correlationId: cause.correlationId });
  }

  private stateOf(row: ProcessRow | undefined): unknown {
    const { name, version, state, upgrade = (old: unknown) => old } = this.options;
    if (!row) return state.parse({});
    if (row.version > version) throw new ProgramOutdated(name, version, row.version);
    return state.parse(row.version < version ? upgrade(row.state, row.version) : row.state);
  }

  private async read({ tenantId, lane }: Delivery): Promise<ProcessRow | undefined> {
    const key = [tenantId, this.options.name, lane];
    const [row] = await this.tools.database.queryInTenant<ProcessRow>(tenantId, selectProcess, key);
    return row;
  }
}

/** True if the command was understood, and the answer is no. It would be the same another time. */
function isRefusal(error: unknown): error is DomainError {
  if (!(error instanceof DomainError)) return false;
  const lostRace = error instanceof StreamConflict || error instanceof ConsistencyViolated;
  return !lostRace && error.kind !== 'unavailable' && error.kind !== 'limited';
}
