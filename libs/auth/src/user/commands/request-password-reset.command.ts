import { EventStore, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { User } from '../user.aggregate.js';
import { UserAccounts } from '../user-accounts.js';

/**
 * Has a link to set the password anew mailed to whoever has this e-mail address or user name, if they may log in and
 * did not get one a short while ago. It ends the same way if they do not.
 *
 * @example
 * await commandBus.execute(new RequestPasswordReset(ctx, { login: 'ada@example.com' }));
 */
export class RequestPasswordReset extends Command<void> {
  constructor(
    readonly ctx: Context,
    readonly input: { readonly login: string },
  ) {
    super();
  }
}

/** Handles {@link RequestPasswordReset}. It takes longer where there is such a user: answer before it has ended. */
@CommandHandler(RequestPasswordReset)
export class RequestPasswordResetHandler implements ICommandHandler<RequestPasswordReset> {
  constructor(
    private readonly accounts: UserAccounts,
    private readonly store: EventStore,
  ) {}

  async execute({ ctx, input }: RequestPasswordReset): Promise<void> {
    const account = await this.accounts.findByLogin(ctx.tenantId, input.login);
    if (!account) return;
    await this.store.update(ctx, User, account.id, (user) => user.requestPasswordReset(new Date()));
  }
}
