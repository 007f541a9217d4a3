import { uuidv7 } from '@acci/database';
import { type Context, EventStore } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { memberRoleId } from '../../role/built-in-roles.js';
import { completePerson } from '../../user/new-person.js';
import { type Account, UserAccounts } from '../../user/user-accounts.js';
import { User } from '../../user/user.aggregate.js';
import {
  UserEmailTaken,
  UserLockedOut,
  UserMailTooSoon,
  UserNotFound,
  UserNotInvited,
} from '../../user/user.errors.js';
import { UnconfirmedRegistrations } from '../unconfirmed-registrations.js';

/** What is wrong with such a user, or was done by another request meanwhile, is nobody's business who asks. */
const untold = [UserEmailTaken, UserLockedOut, UserMailTooSoon, UserNotFound, UserNotInvited];

/**
 * Registers whoever has an e-mail address, as a member who becomes active by the link in the mail that is sent there. If they were
 * invited or registered before, they get another link; if they have an account, one to choose a new password. It ends the
 * same way in every case, and asks nobody whether the tenant allows it.
 *
 * @example
 * await commandBus.execute(new RegisterUser(ctx, { email: 'ada@example.com' }));
 */
export class RegisterUser extends Command<void> {
  constructor(
    readonly ctx: Context,
    readonly input: { readonly email: string; readonly locale?: string | null | undefined },
  ) {
    super();
  }
}

/** Handles {@link RegisterUser}. It takes longer for some than for others: answer before it has ended. */
@CommandHandler(RegisterUser)
export class RegisterUserHandler implements ICommandHandler<RegisterUser> {
  constructor(
    private readonly accounts: UserAccounts,
    private readonly store: EventStore,
    private readonly unconfirmed: UnconfirmedRegistrations,
  ) {}

  async execute({ ctx, input }: RegisterUser): Promise<void> {
    const account = await this.accounts.findByLogin(ctx.tenantId, input.email);
    await (account ? this.remind(ctx, account) : this.register(ctx, input)).catch((error: unknown) => {
      if (!untold.some((type) => error instanceof type)) throw error;
    });
    // More than one may come: of however many register, fewer stay than go.
    await this.unconfirmed.clear({ ...ctx, actor: 'system:registrations' });
  }

  private register(ctx: Context, input: RegisterUser['input']): Promise<unknown> {
    const user = new User(uuidv7());
    user.register(completePerson(input));
    user.assignRole(memberRoleId);
    return this.store.save(ctx, user);
  }

  private remind(ctx: Context, { id, status }: Account): Promise<unknown> {
    const now = new Date();
    return this.store.update(ctx, User, id, (user) =>
      status === 'invited' ? user.inviteAgain(now) : user.requestPasswordReset(now),
    );
  }
}
