import type { Transaction } from '@acci/database';
import { type Context, EventStore, StreamNotFound } from '@acci/event-store';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import { Passwords, type SealedPassword } from '../password/passwords.js';
import { completePerson, type PersonInput } from '../user/new-person.js';
import { User } from '../user/user.aggregate.js';

/** The id of the first operator is fixed: of however many who make the account, one does. */
export const firstOperatorId = '00000000-0000-7000-8000-000000000002';

/** The role of those who run the platform. */
const operatorRole = 'operator';

/** The account of the person who runs the platform, which no other account could make. */
@Injectable()
export class FirstOperator {
  constructor(
    private readonly store: EventStore,
    private readonly passwords: Passwords,
  ) {}

  /** True once there has been one, even if it was deleted since. */
  async hasBeen(ctx: Context): Promise<boolean> {
    try {
      await this.store.load(ctx, User, firstOperatorId);
      return true;
    } catch (error) {
      if (error instanceof StreamNotFound) return false;
      throw error;
    }
  }

  /** Makes the password ready, which takes its time. @throws {PasswordRefused} {@link LoginOverloaded} */
  seal({ email, userName }: PersonInput, password: string): Promise<SealedPassword> {
    return this.passwords.seal(PLATFORM_TENANT_ID, firstOperatorId, password, [email, userName ?? '']);
  }

  /**
   * Makes the account, active at once, in a transaction of the platform's tenant.
   *
   * @throws {StreamConflict} if there has been one. @throws {UserEmailTaken} {@link UserNameTaken}
   */
  async create(
    tx: Transaction,
    ctx: Context,
    person: PersonInput & { readonly emailVerified: boolean },
    password: SealedPassword,
  ): Promise<void> {
    const user = new User(firstOperatorId);
    user.create(completePerson(person), person);
    user.assignRole(operatorRole);
    user.changePassword('set');
    await this.store.save(ctx, user);
    this.passwords.put(tx, password);
  }
}
