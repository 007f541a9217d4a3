import { TenantLookup } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import { UserAccounts } from '../user/user-accounts.js';
import { OneTimeTokenInvalid } from '../one-time-token/one-time-token.errors.js';
import type { TokenUser } from '../one-time-token/one-time-acts.js';
import type { JoinedResponse } from './invitation.schemas.js';

/** Tells somebody who has joined how to log in. */
@Injectable()
export class JoinedAnswer {
  constructor(
    private readonly tenants: TenantLookup,
    private readonly accounts: UserAccounts,
  ) {}

  async of({ tenantId, userId }: TokenUser): Promise<JoinedResponse> {
    const [tenant, account] = await Promise.all([
      this.tenants.byId(tenantId),
      this.accounts.findById(tenantId, userId),
    ]);
    // Deleted a moment ago.
    if (!tenant || !account) throw new OneTimeTokenInvalid();
    return { tenant: tenant.slug, email: account.email };
  }
}
