import { Database } from '@acci/database';
import { Inject, Injectable } from '@nestjs/common';
import { type AuthModuleOptions, MODULE_OPTIONS_TOKEN } from '../auth.options.js';
import { fill, type LinkTargets, linkTargets } from './link-targets.js';
import { type OneTimeData, type LinkPurpose, OneTimeTokens } from './one-time-tokens.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How long the token in each kind of link can be used, from when it is made, in milliseconds. */
export const linkLifetimes: Readonly<Record<LinkPurpose, number>> = {
  invitation: 7 * day,
  registration: day,
  email_change: day,
  password_reset: 30 * minute,
  set_up: day,
};

/** For whom a link is, and what for. */
export interface LinkWish {
  readonly tenant: { readonly id: string; readonly slug: string };
  readonly userId: string;
  readonly purpose: LinkPurpose;
  readonly data?: OneTimeData;
}

/** Makes links with one-time tokens, for mails and for whoever starts the platform. */
@Injectable()
export class OneTimeLinks {
  private readonly targets: LinkTargets;
  private readonly publicUrl: string;

  /** @throws {LinkTargetInvalid} */
  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) { publicUrl = 'http://localhost:3000', links = {} }: AuthModuleOptions,
    private readonly database: Database,
    private readonly tokens: OneTimeTokens,
  ) {
    this.publicUrl = publicUrl;
    this.targets = linkTargets(publicUrl, links);
  }

  /** A link that can be used from now on, and that is kept nowhere. */
  async make({ tenant, userId, purpose, data }: LinkWish): Promise<string> {
    const lifetimeMs = linkLifetimes[purpose];
    const token = await this.database.inTenant(tenant.id, (tx) =>
      this.tokens.issue(tx, { tenantId: tenant.id, userId, purpose, lifetimeMs, data }),
    );
    return fill(this.publicUrl, this.targets[purpose], { token, tenant: tenant.slug });
  }
}
