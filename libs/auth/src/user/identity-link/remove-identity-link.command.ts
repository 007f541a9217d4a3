import { Database } from '@acci/database';
import { type Context, EventStore } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { loadUser } from '../load-user.js';
import { retryingConflicts } from '../retry-conflicts.js';
import { IdentityLinkNotFound } from './identity-link.errors.js';
import { IdentityLinks } from './identity-links.js';

/**
 * Takes a link back, from either side and without asking the other: consent can be withdrawn.
 *
 * @throws {IdentityLinkNotFound}
 * @example
 * await commandBus.execute(new RemoveIdentityLink(ctx, { userId, linkId }));
 */
export class RemoveIdentityLink extends Command<void> {
  constructor(
    readonly ctx: Context,
    readonly input: { readonly userId: string; readonly linkId: string },
  ) {
    super();
  }
}

/** Handles {@link RemoveIdentityLink}. */
@CommandHandler(RemoveIdentityLink)
export class RemoveIdentityLinkHandler implements ICommandHandler<RemoveIdentityLink> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly links: IdentityLinks,
  ) {}

  execute(command: RemoveIdentityLink): Promise<void> {
    return retryingConflicts(() => this.remove(command));
  }

  private async remove({ ctx, input: { userId, linkId } }: RemoveIdentityLink): Promise<void> {
    const me = { tenantId: ctx.tenantId, userId };
    const others = await this.links.otherSidesOf(me, linkId);
    if (others.length === 0) throw new IdentityLinkNotFound(linkId);
    const mine = await loadUser(this.store, ctx, userId);
    mine.unlinkIdentity(linkId);
    await this.database.asSystem('unlink two users of a person', async (system) => {
      this.links.remove(system, linkId, me);
      await this.links.saveUnlinked(others);
      await this.database.inTenant(ctx.tenantId, () => this.store.save(ctx, mine));
    });
  }
}
