import type { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';

/** Kinds of work the libs publish on the tracing channel `acci:<kind>`. */
export const OPERATION_KINDS = [
  'command',
  'query',
  'append',
  'snapshot',
  'projection',
  'transaction',
] as const;
/** A kind of work: the part of the channel's name after `acci:`. */
export type OperationKind = (typeof OPERATION_KINDS)[number];

/**
 * What a lib publishes about one piece of work. `attributes` may still be filled in while the work runs.
 *
 * @example
 * tracingChannel('acci:append').tracePromise(append, { name: 'tenancy.tenant', attributes: { 'acci.tenant': tenantId, 'acci.events': 2 } });
 */
export interface Operation {
  /** What is done, from a small fixed set: a command's class name, a projection's name. */
  readonly name: string;
  /** Facts about this one time; `acci.tenant` and, on appends, `acci.events` have a meaning here. */
  readonly attributes?: Readonly<Record<string, string | number>>;
}

/** Told of the beginning and the end of each operation; `State` is its own note about one that runs. */
export interface OperationObserver<State> {
  begin(operation: Operation): State;
  /** `error` is undefined when the operation succeeded. */
  end(operation: Operation, state: State, error: unknown): void;
  /** Holds the state for whatever the operation calls. */
  readonly storage?: AsyncLocalStorage<State>;
}

// Node adds these to the object a channel carries.
type Traced = Operation & { error?: unknown; result?: unknown };

/**
 * Observes every operation of a kind; returns the function that stops it. While nobody observes a kind, publishing
 * it costs the publisher one check.
 *
 * @example
 * const stop = observeOperations('query', { begin: () => performance.now(), end: (query, startedAt) => report(query.name, performance.now() - startedAt) });
 */
export function observeOperations<State>(
  kind: OperationKind,
  observer: OperationObserver<State>,
): () => void {
  const channel = tracingChannel<State, Traced>(`acci:${kind}`);
  const running = new WeakMap<Traced, { state: State }>();

  const begin = (operation: Traced): State => {
    const state = observer.begin(operation);
    running.set(operation, { state });
    return state;
  };
  const end = (operation: Traced): void => {
    const known = running.get(operation);
    if (known === undefined) return;
    running.delete(operation);
    observer.end(operation, known.state, operation.error);
  };
  const listeners = {
    start: (operation: Traced): void => {
      // A bound store has already begun it: stores are entered before subscribers are told.
      if (!running.has(operation)) begin(operation);
    },
    // Published when the function returned: the end of a synchronous operation, or of one that threw at once.
    end: (operation: Traced): void => {
      if ('result' in operation || 'error' in operation) end(operation);
    },
    asyncStart: (): void => {},
    asyncEnd: end,
    error: (): void => {},
  };

  const { storage } = observer;
  if (storage !== undefined) channel.start.bindStore(storage, begin);
  channel.subscribe(listeners);
  return () => {
    if (storage !== undefined) channel.start.unbindStore(storage);
    channel.unsubscribe(listeners);
  };
}
