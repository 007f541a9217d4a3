import { type AppendResult, type Context, EventStore } from '@acci/event-store';
import { Injectable } from '@nestjs/common';
import { type GrantCheck, GrantGate, type Grantor, program } from '../grant/grant-gate.js';
import { changeUser, type UserRef } from './change-user.js';
import { User } from './user.aggregate.js';
import { UserNotFound } from './user.errors.js';

/**
 * The way of every change that somebody makes to an account that need not be theirs: they must hold all that the user
 * holds. It is asked in the transaction of the change, which no change of roles comes between.
 */
@Injectable()
export class ManagedUsers {
  constructor(
    private readonly store: EventStore,
    private readonly gate: GrantGate,
  ) {}

  /**
   * Lets a user of the context's tenant decide, once for a command id.
   *
   * @param command the command's name and input.
   * @param alsoAsk what else whoever does it must hold.
   * @throws {UserNotFound} {@link VersionMismatch} {@link PermissionNotHeld}
   */
  change(
    ctx: Context,
    by: Grantor,
    command: readonly [name: string, input: UserRef],
    decide: (user: User) => void,
    alsoAsk?: (check: GrantCheck) => Promise<void>,
  ): Promise<AppendResult> {
    // Nobody waits at the gate to change their own name.
    if (by === program) return changeUser(this.store, ctx, command, decide);
    const [, { id, expectedVersion }] = command;
    const change = (): Promise<AppendResult> =>
      this.gate.change(ctx, by, async (check) => {
        await check.assertUser(id);
        await alsoAsk?.(check);
        return this.store.update(ctx, User, id, decide, {
          expectedVersion,
          notFound: () => new UserNotFound(id),
        });
      });
    return this.store.once(ctx, change, { command });
  }
}
