import { tracingChannel } from 'node:diagnostics_channel';
import type { Operation } from './operations.js';

/**
 * What `CommandBus` and `QueryBus` of @nestjs/cqrs have in common.
 *
 * @example
 * const bus: Bus = app.get(CommandBus);
 */
export interface Bus {
  execute(work: object, ...rest: unknown[]): Promise<unknown>;
}

/**
 * Publishes what a bus executes on `acci:command` or `acci:query`, under the name of its class and with the tenant of
 * its `ctx`, which is where the spans and durations of commands and queries come from. Call it once per bus, at start.
 *
 * @example
 * class OperationsModule {
 *   constructor(commands: CommandBus, queries: QueryBus) {
 *     publishBus('command', commands);
 *     publishBus('query', queries);
 *   }
 * }
 */
export function publishBus(kind: 'command' | 'query', bus: Bus): void {
  const channel = tracingChannel<unknown, Operation>(`acci:${kind}`);
  const execute = bus.execute.bind(bus);
  bus.execute = (work, ...rest) => {
    if (!channel.hasSubscribers) return execute(work, ...rest);
    const operation = { name: work.constructor.name, attributes: attributesOf(work) };
    return channel.tracePromise(() => execute(work, ...rest), operation);
  };
}

function attributesOf(work: { ctx?: { tenantId?: unknown } }): Record<string, string> {
  const tenantId = work.ctx?.tenantId;
  return typeof tenantId === 'string' ? { 'acci.tenant': tenantId } : {};
}
