import type { Context } from '@acci/event-store';
import { type KnownTenant, TenantLookup } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import { OneTimeTokenInvalid } from '../../one-time-token/one-time-token.errors.js';
import { OneTimeTokens } from '../../one-time-token/one-time-tokens.js';
import { type Account, mayLogIn, UserAccounts } from '../user-accounts.js';
import { IdentityLinkSameTenant } from './identity-link.errors.js';

/** Who offers a link. */
export interface Offerer {
  readonly tenant: KnownTenant;
  readonly account: Account;
}

/** Reads offers, without taking them up. */
@Injectable()
export class IdentityLinkOffers {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly tenants: TenantLookup,
    private readonly accounts: UserAccounts,
  ) {}

  /**
   * Who made an offer to somebody of the context's tenant.
   *
   * @throws {OneTimeTokenInvalid} for a token that is none, and for an offer of somebody who could not log in.
   * @throws {IdentityLinkSameTenant}
   */
  async read({ tenantId }: Context, token: string): Promise<Offerer> {
    const offer = await this.tokens.peek(token, 'identity_link');
    if (offer.tenantId === tenantId) throw new IdentityLinkSameTenant();
    const [tenant, account] = await Promise.all([
      this.tenants.byId(offer.tenantId),
      this.accounts.findById(offer.tenantId, offer.userId),
    ]);
    if (tenant?.status !== 'active' || !account || !mayLogIn(account)) throw new OneTimeTokenInvalid();
    return { tenant, account };
  }
}
