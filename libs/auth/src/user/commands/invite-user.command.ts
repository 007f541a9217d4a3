import { uuidv7 } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnconfirmedRegistrations } from '../../registration/unconfirmed-registrations.js';
import { completePerson, type PersonInput } from '../new-person.js';
import { User } from '../user.aggregate.js';

/**
 * Makes a user who becomes active by the link in the mail that they are sent; the result's `streamId` is their id. It takes
 * the place of a registration that nobody has confirmed.
 *
 * @throws {UserEmailTaken} {@link UserNameTaken}
 * @example
 * const { streamId } = await commandBus.execute(new InviteUser(ctx, { email: 'ada@example.com' }));
 */
export class InviteUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: PersonInput,
  ) {
    super();
  }
}

/** Handles {@link InviteUser}. */
@CommandHandler(InviteUser)
export class InviteUserHandler implements ICommandHandler<InviteUser> {
  constructor(
    private readonly store: EventStore,
    private readonly unconfirmed: UnconfirmedRegistrations,
  ) {}

  async execute({ ctx, input }: InviteUser): Promise<AppendResult> {
    await this.unconfirmed.release(ctx, [input.email]);
    const make = (): Promise<AppendResult> => {
      const user = new User(uuidv7());
      user.invite(completePerson(input));
      return this.store.save(ctx, user);
    };
    return this.store.once(ctx, make, { command: ['InviteUser', input] });
  }
}
