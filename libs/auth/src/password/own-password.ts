import type { Context } from '@acci/event-store';
import { Injectable } from '@nestjs/common';
import { LoginAttempts } from '../login/login-attempts.js';
import { PasswordWrong } from './password.errors.js';
import { Passwords } from './passwords.js';

/** Asks a user for their password once more, for what nobody is to do at their open screen. */
@Injectable()
export class OwnPassword {
  constructor(
    private readonly passwords: Passwords,
    private readonly attempts: LoginAttempts,
  ) {}

  /**
   * Makes sure that a user knows their password. Whoever has found an open session guesses here as slowly as at the door.
   *
   * @throws {PasswordWrong} {@link LoginThrottled} {@link LoginOverloaded}
   */
  async assertKnown({ tenantId }: Context, userId: string, password: string): Promise<void> {
    this.passwords.assertRoom();
    const guess = await this.attempts.begin(tenantId, [{ kind: 'account', key: `change of ${userId}` }]);
    const right = await this.passwords.verify(tenantId, userId, password).catch(async (error: unknown) => {
      await this.attempts.withdraw(guess);
      throw error;
    });
    if (!right) throw new PasswordWrong();
    await this.attempts.succeeded(guess);
  }
}
