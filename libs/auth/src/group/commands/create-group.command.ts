import { uuidv7 } from '@acci/database';
import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Group, type GroupDescription } from '../group.aggregate.js';

/**
 * Makes a group in the context's tenant, without members and roles. The result's `streamId` is its id.
 *
 * @throws {GroupNameTaken}
 * @example
 * const { streamId } = await commandBus.execute(new CreateGroup(ctx, { name: 'Sales', description: null }));
 */
export class CreateGroup extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: GroupDescription,
  ) {
    super();
  }
}

/** Handles {@link CreateGroup}. */
@CommandHandler(CreateGroup)
export class CreateGroupHandler implements ICommandHandler<CreateGroup> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: CreateGroup): Promise<AppendResult> {
    const make = (): Promise<AppendResult> => {
      const group = new Group(uuidv7());
      group.create(input);
      return this.store.save(ctx, group);
    };
    return this.store.once(ctx, make, { command: ['CreateGroup', input] });
  }
}
