import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OneTimeActs, type TokenUser } from '../one-time-token/one-time-acts.js';
import type { PersonInput } from '../user/new-person.js';
import { FirstOperator } from './first-operator.js';

/**
 * Makes the account of the platform's first operator for whoever shows the token of the set-up link. All of it happens,
 * or nothing, and the token can be used again then.
 *
 * @throws {OneTimeTokenInvalid} {@link PasswordRefused} {@link UserEmailTaken} {@link UserNameTaken}
 * @example
 * await commandBus.execute(new ConfirmSetUp({ correlationId }, { token, password, email: 'ada@example.com' }));
 */
export class ConfirmSetUp extends Command<TokenUser> {
  /** @param origin who it is for is not known before the token has been read. */
  constructor(
    readonly origin: { readonly correlationId: string },
    readonly input: PersonInput & { readonly token: string; readonly password: string },
  ) {
    super();
  }
}

/** Handles {@link ConfirmSetUp}. */
@CommandHandler(ConfirmSetUp)
export class ConfirmSetUpHandler implements ICommandHandler<ConfirmSetUp> {
  constructor(
    private readonly acts: OneTimeActs,
    private readonly operator: FirstOperator,
  ) {}

  async execute({ origin, input }: ConfirmSetUp): Promise<TokenUser> {
    const { token, password, ...person } = input;
    const shown = { token, purpose: 'set_up', ...origin } as const;
    const [user, sealed] = await this.acts.begin(shown, () => this.operator.seal(person, password));
    await this.acts.complete(shown, user, (ctx, tx) =>
      this.operator.create(tx, ctx, { ...person, emailVerified: false }, sealed),
    );
    return user;
  }
}
