import { Database } from '@acci/database';
import type { Context } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OneTimeTokens } from '../../one-time-token/one-time-tokens.js';
import { mayLogIn, UserAccounts } from '../user-accounts.js';
import { UserNotActive } from '../user.errors.js';

/** How long an offer can be accepted, in milliseconds. */
const offerLifetimeMs = 10 * 60_000;

/** What {@link OfferIdentityLink} made. */
export interface IdentityLinkOffer {
  /** What the person shows on the other side. It is nowhere else. */
  readonly token: string;
  readonly expiresAt: Date;
}

/**
 * A user says that somebody in another tenant is them too: the first of two consents. The token is for the person, who
 * accepts with it as the other user. A new offer takes the place of an older one.
 *
 * @throws {UserNotActive}
 * @example
 * const { token } = await commandBus.execute(new OfferIdentityLink(ctx, { userId }));
 */
export class OfferIdentityLink extends Command<IdentityLinkOffer> {
  constructor(
    readonly ctx: Context,
    readonly input: { readonly userId: string },
  ) {
    super();
  }
}

/** Handles {@link OfferIdentityLink}. */
@CommandHandler(OfferIdentityLink)
export class OfferIdentityLinkHandler implements ICommandHandler<OfferIdentityLink> {
  constructor(
    private readonly database: Database,
    private readonly accounts: UserAccounts,
    private readonly tokens: OneTimeTokens,
  ) {}

  execute({ ctx: { tenantId }, input: { userId } }: OfferIdentityLink): Promise<IdentityLinkOffer> {
    return this.database.inTenant(tenantId, async (tx) => {
      const account = await this.accounts.findById(tenantId, userId);
      if (!account || !mayLogIn(account)) throw new UserNotActive(userId);
      this.tokens.revokeAll(tx, tenantId, userId, 'identity_link');
      const purpose = 'identity_link';
      const expiresAt = new Date(Date.now() + offerLifetimeMs);
      const token = this.tokens.issue(tx, { tenantId, userId, purpose, lifetimeMs: offerLifetimeMs });
      return { token, expiresAt };
    });
  }
}
