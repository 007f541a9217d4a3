import type { AppendResult, Context, EventStore } from '@acci/event-store';
import { User } from './user.aggregate.js';
import { UserNotFound } from './user.errors.js';

/** Which user a command is about. */
export interface UserRef {
  readonly id: string;
  /** The version that the caller has seen: nothing is decided on any other. */
  readonly expectedVersion?: number | undefined;
}

/**
 * Lets a user of the context's tenant decide, once for a command id.
 *
 * @param command the command's name and input.
 * @throws {UserNotFound} {@link VersionMismatch}
 */
export function changeUser(
  store: EventStore,
  ctx: Context,
  command: readonly [name: string, input: UserRef],
  decide: (user: User) => void,
): Promise<AppendResult> {
  const [, { id, expectedVersion }] = command;
  const update = () =>
    store.update(ctx, User, id, decide, { expectedVersion, notFound: () => new UserNotFound(id) });
  return store.once(ctx, update, { command });
}
