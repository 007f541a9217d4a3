import { uuidv7 } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { completePerson, type PersonInput } from '../new-person.js';
import { User } from '../user.aggregate.js';

/**
 * Makes a user who is active at once, without a mail: for programs, such as the first start. They log in once they have
 * a password. The result's `streamId` is their id.
 *
 * @throws {UserEmailTaken} {@link UserNameTaken}
 * @example
 * const { streamId } = await commandBus.execute(
 *   new CreateUser(ctx, { email: 'ada@example.com', emailVerified: true }),
 * );
 */
export class CreateUser extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: PersonInput & { readonly emailVerified: boolean },
  ) {
    super();
  }
}

/** Handles {@link CreateUser}. */
@CommandHandler(CreateUser)
export class CreateUserHandler implements ICommandHandler<CreateUser> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: CreateUser): Promise<AppendResult> {
    const make = (): Promise<AppendResult> => {
      const user = new User(uuidv7());
      user.create(completePerson(input), input);
      return this.store.save(ctx, user);
    };
    return this.store.once(ctx, make, { command: ['CreateUser', input] });
  }
}
