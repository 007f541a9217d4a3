import { Database, type Transaction, uuidv7 } from '@acci/database';
import type { Context } from '@acci/event-store';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { type AuthModuleOptions, MODULE_OPTIONS_TOKEN } from '../auth.options.js';
import { OneTimeLinks } from '../one-time-token/one-time-links.js';
import { OneTimeTokens } from '../one-time-token/one-time-tokens.js';
import { FirstOperator, firstOperatorId } from './first-operator.js';

/** What the start did about the operator's account. */
export interface FirstOperatorResult {
  /** True in exactly one process, the one that made the account with the configured address and password. */
  readonly created: boolean;
  /** Where the account can be made, if it is not: show it once, to whoever starts the platform. In one process only. */
  readonly setUpLink?: string;
}

const platform = { id: PLATFORM_TENANT_ID, slug: 'platform' };
// Replicas that start together do it one after the other; each but the first finds it done.
const takeTurns = `select pg_advisory_xact_lock(hashtextextended('acci.auth.first_operator', 0))`;

/**
 * Sees to it that a person can log in who runs the platform. An app runs it at every start,
 * between `app.init()` and `app.listen()`.
 *
 * @example
 * const { setUpLink } = await app.get(FirstOperatorBootstrap).run();
 * if (setUpLink) console.log(`Make your account here, within a day: ${setUpLink}`);
 */
@Injectable()
export class FirstOperatorBootstrap {
  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: AuthModuleOptions,
    private readonly database: Database,
    private readonly operator: FirstOperator,
    private readonly tokens: OneTimeTokens,
    private readonly links: OneTimeLinks,
  ) {}

  /**
   * Until there has been such an account: makes it with the configured address and password; or, without any, a link
   * with which it can be made, unless one is open already.
   *
   * @throws {PasswordRefused} if the configured password breaks a rule.
   */
  async run(): Promise<FirstOperatorResult> {
    const ctx = { tenantId: platform.id, actor: 'system:bootstrap', correlationId: uuidv7() };
    if (await this.operator.hasBeen(ctx)) return { created: false };
    const { operator } = this.options;
    const make = operator ? await this.creation(ctx, operator) : (tx: Transaction) => this.link(tx);
    return this.database.inTenant(platform.id, async (tx) => {
      tx.execute(takeTurns);
      return (await this.operator.hasBeen(ctx)) ? { created: false } : make(tx);
    });
  }

  private async creation(
    ctx: Context,
    { email, password }: NonNullable<AuthModuleOptions['operator']>,
  ): Promise<(tx: Transaction) => Promise<FirstOperatorResult>> {
    const sealed = await this.operator.seal({ email }, password);
    return async (tx) => {
      await this.operator.create(tx, ctx, { email, emailVerified: true }, sealed);
      this.tokens.revokeAll(tx, platform.id, firstOperatorId);
      return { created: true };
    };
  }

  private async link(tx: Transaction): Promise<FirstOperatorResult> {
    if (await this.tokens.hasOpen(tx, platform.id, firstOperatorId, 'set_up')) return { created: false };
    const wish = { tenant: platform, userId: firstOperatorId, purpose: 'set_up' } as const;
    return { created: false, setUpLink: await this.links.make(wish) };
  }
}
