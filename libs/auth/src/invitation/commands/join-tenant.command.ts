import { EventStore } from '@acci/event-store';
import { TenantLookup } from '@acci/tenancy';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OneTimeActs, type TokenUser } from '../../one-time-token/one-time-acts.js';
import { Passwords } from '../../password/passwords.js';
import { assertRegistrationOpen } from '../../registration/registration-open.js';
import { User } from '../../user/user.aggregate.js';
import type { UserProfile } from '../../user/user.state.js';

/** What somebody who was invited, or has registered, joins with. */
export interface Joining {
  /** By which way the token came. */
  readonly purpose: 'invitation' | 'registration';
  readonly token: string;
  readonly password: string;
  /** What they are called, where that differs from what is known. */
  readonly profile?: Partial<Pick<UserProfile, 'displayName' | 'givenName' | 'familyName' | 'locale'>>;
}

/**
 * Makes an invited or registered user active who shows the token that was mailed to them: with it they have shown that
 * the address is theirs. All of it happens, or nothing, and the token can be used again then.
 *
 * @throws {OneTimeTokenInvalid} {@link TenantRefused} {@link UserNotInvited} {@link UserLockedOut}
 * @throws {RegistrationClosed} if the tenant allows none any more. @throws {PasswordRefused} {@link LoginOverloaded}
 * @example
 * const { userId } = await commandBus.execute(new JoinTenant({ correlationId }, { purpose: 'invitation', token, password }));
 */
export class JoinTenant extends Command<TokenUser> {
  /** @param origin tenant and user are not known before the token has been read. */
  constructor(
    readonly origin: { readonly correlationId: string },
    readonly input: Joining,
  ) {
    super();
  }
}

/** Handles {@link JoinTenant}. */
@CommandHandler(JoinTenant)
export class JoinTenantHandler implements ICommandHandler<JoinTenant> {
  constructor(
    private readonly acts: OneTimeActs,
    private readonly store: EventStore,
    private readonly passwords: Passwords,
    private readonly tenants: TenantLookup,
  ) {}

  async execute({ origin, input }: JoinTenant): Promise<TokenUser> {
    const { purpose, token, password, profile = {} } = input;
    const shown = { token, purpose, ...origin };
    const [joining, sealed] = await this.acts.begin(shown, async ({ tenantId, userId }) => {
      if (purpose === 'registration') assertRegistrationOpen(await this.tenants.byId(tenantId));
      return this.passwords.seal(tenantId, userId, password);
    });
    await this.acts.complete(shown, joining, async (ctx, tx) => {
      await this.store.update(ctx, User, joining.userId, (user) => {
        user.activate({ emailVerified: true });
        user.changePassword('set');
        user.changeProfile(profile);
      });
      this.passwords.put(tx, sealed);
    });
    return joining;
  }
}
