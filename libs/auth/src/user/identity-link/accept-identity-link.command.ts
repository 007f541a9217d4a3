import { Database, uuidv7 } from '@acci/database';
import { type Context, EventStore } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OneTimeTokens } from '../../one-time-token/one-time-tokens.js';
import { loadUser } from '../load-user.js';
import { retryingConflicts } from '../retry-conflicts.js';
import { IdentityLinkOffers } from './identity-link-offers.js';
import { IdentityLinks, onBehalfOf } from './identity-links.js';

/**
 * A user of the context's tenant says that whoever offered the link is them too: the second consent. An offer is taken
 * up once, whoever tries at the same time.
 *
 * @returns the id of the link, which is the same on both sides.
 * @throws {OneTimeTokenInvalid} {@link IdentityLinkSameTenant} {@link IdentityLinkExists}
 * @throws {UserNotFound} {@link UserNotActive} {@link UserLockedOut}
 * @example
 * const linkId = await commandBus.execute(new AcceptIdentityLink(ctx, { userId, token }));
 */
export class AcceptIdentityLink extends Command<string> {
  constructor(
    readonly ctx: Context,
    readonly input: { readonly userId: string; readonly token: string },
  ) {
    super();
  }
}

/** Handles {@link AcceptIdentityLink}: the token, both facts and both rows in one transaction over the two tenants. */
@CommandHandler(AcceptIdentityLink)
export class AcceptIdentityLinkHandler implements ICommandHandler<AcceptIdentityLink> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly offers: IdentityLinkOffers,
    private readonly tokens: OneTimeTokens,
    private readonly links: IdentityLinks,
  ) {}

  execute(command: AcceptIdentityLink): Promise<string> {
    return retryingConflicts(() => this.accept(command));
  }

  private async accept({ ctx, input: { userId, token } }: AcceptIdentityLink): Promise<string> {
    const offerer = await this.offers.read(ctx, token);
    const there = onBehalfOf({ tenantId: offerer.tenant.id, userId: offerer.account.id });
    const theirs = await loadUser(this.store, there, offerer.account.id);
    const mine = await loadUser(this.store, ctx, userId);
    const linkId = uuidv7();
    theirs.linkIdentity(linkId);
    mine.linkIdentity(linkId);
    await this.database.asSystem('link two users of a person', async (system) => {
      await this.links.add(
        system,
        linkId,
        { tenantId: there.tenantId, userId: theirs.id },
        { tenantId: ctx.tenantId, userId },
      );
      await this.database.inTenant(there.tenantId, async (tx) => {
        await this.tokens.consume(tx, token, 'identity_link');
        await this.store.save(there, theirs);
      });
      await this.database.inTenant(ctx.tenantId, () => this.store.save(ctx, mine));
    });
    return linkId;
  }
}
