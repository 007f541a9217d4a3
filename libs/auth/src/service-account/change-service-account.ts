import type { AppendResult, Context, EventStore } from '@acci/event-store';
import { ServiceAccount } from './service-account.aggregate.js';
import { ServiceAccountNotFound } from './service-account.errors.js';

/** Which service account a command is about. */
export interface ServiceAccountRef {
  readonly id: string;
  /** The version that the caller has seen: nothing is decided on any other. */
  readonly expectedVersion?: number | undefined;
}

/**
 * Lets a service account of the context's tenant decide.
 *
 * @throws {ServiceAccountNotFound} {@link VersionMismatch}
 */
export function updateServiceAccount(
  store: EventStore,
  ctx: Context,
  { id, expectedVersion }: ServiceAccountRef,
  decide: (account: ServiceAccount) => void | Promise<void>,
): Promise<AppendResult> {
  const notFound = () => new ServiceAccountNotFound(id);
  return store.update(ctx, ServiceAccount, id, decide, { expectedVersion, notFound });
}

/**
 * As {@link updateServiceAccount}, once for a command id.
 *
 * @param command the command's name and input.
 */
export function changeServiceAccount(
  store: EventStore,
  ctx: Context,
  command: readonly [name: string, input: ServiceAccountRef],
  decide: (account: ServiceAccount) => void | Promise<void>,
): Promise<AppendResult> {
  return store.once(ctx, () => updateServiceAccount(store, ctx, command[1], decide), { command });
}
