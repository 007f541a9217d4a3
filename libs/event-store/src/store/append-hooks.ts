import type { Transaction } from '@acci/database';
import type { PendingEvent } from '../event/recorded-event.js';
import { pendingEvents, type PreparedAppend } from './prepare-append.js';

/**
 * Runs in the transaction of an append, before it commits; once for all appends of a tenant that share one. What it queues
 * on `tx` costs no round trip; what it waits for, all of them wait for.
 *
 * @param events of one tenant, of one or several streams, in the order of the log.
 */
export type AppendHook = (events: readonly PendingEvent[], tx: Transaction) => void | Promise<void>;

/** Which events a hook wants. */
export interface AppendHookOptions {
  /** Only events of these types; an append that has none of them does not pay for the hook. Default: all. */
  readonly types?: readonly string[];
}

interface Entry {
  readonly hook: AppendHook;
  readonly types: ReadonlySet<string> | undefined;
}

/** The hooks of a store, in the order in which they were added. */
export class AppendHooks {
  private readonly entries = new Set<Entry>();

  /** @returns a function that removes the hook. */
  add(hook: AppendHook, { types }: AppendHookOptions): () => void {
    const entry = { hook, types: types && new Set(types) };
    this.entries.add(entry);
    return () => this.entries.delete(entry);
  }

  /** True if there is a hook for one of the events. */
  want({ events }: PreparedAppend): boolean {
    for (const { types } of this.entries) {
      if (!types || events.some(({ definition }) => types.has(definition.type))) return true;
    }
    return false;
  }

  /** @param appends of one tenant, in the order of the log. */
  async run(appends: readonly PreparedAppend[], tx: Transaction): Promise<void> {
    const wanted = appends.filter((append) => this.want(append));
    if (wanted.length > 0) await this.runFor(wanted.flatMap(pendingEvents), tx);
  }

  /** @param all events of one tenant, of any streams, in the order of the log. */
  async runFor(all: readonly PendingEvent[], tx: Transaction): Promise<void> {
    for (const { hook, types } of this.entries) {
      const wanted = types ? all.filter(({ type }) => types.has(type)) : all;
      if (wanted.length > 0) await hook(wanted, tx);
    }
  }
}
