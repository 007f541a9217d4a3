import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Group, type GroupDescription } from '../group.aggregate.js';
import { GroupNotFound } from '../group.errors.js';

/** Which group a command is about. */
export interface GroupRef {
  readonly id: string;
  /** The version that the caller has seen: nothing is decided on any other. */
  readonly expectedVersion?: number | undefined;
}

/**
 * Changes what a group is called: all that is named, or nothing.
 *
 * @throws {GroupNotFound} {@link VersionMismatch} {@link GroupNameTaken}
 * @example
 * await commandBus.execute(new ChangeGroup(ctx, { id, group: { name: 'Sales EMEA' } }));
 */
export class ChangeGroup extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: GroupRef & { readonly group: Partial<GroupDescription> },
  ) {
    super();
  }
}

/** Handles {@link ChangeGroup}. */
@CommandHandler(ChangeGroup)
export class ChangeGroupHandler implements ICommandHandler<ChangeGroup> {
  constructor(private readonly store: EventStore) {}

  execute({ ctx, input }: ChangeGroup): Promise<AppendResult> {
    const { id, expectedVersion, group: wanted } = input;
    const change = (): Promise<AppendResult> =>
      this.store.update(ctx, Group, id, (group) => group.change(wanted), {
        expectedVersion,
        notFound: () => new GroupNotFound(id),
      });
    return this.store.once(ctx, change, { command: ['ChangeGroup', input] });
  }
}
