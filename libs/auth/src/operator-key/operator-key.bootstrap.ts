import { Database, type Transaction, uuidv7 } from '@acci/database';
import { type Context, EventStore } from '@acci/event-store';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import { ApiKeyIssuer } from '../api-key/api-key-issuer.js';
import { ApiKey, type ApiKeyTerms } from '../api-key/api-key.aggregate.js';
import { KeySecrets } from '../api-key/key-secrets.js';
import { ConfiguredOperatorKey } from './configured-operator-key.js';

/** What the start did about the operator's access. */
export interface BootstrapResult {
  /** True in exactly one process, the one that made the operator key. */
  readonly created: boolean;
  /** The key, if it was made here and not configured: show it once, to whoever starts the platform. */
  readonly key?: string;
}

const permissions = ['*'];
// Replicas that start together do it one after the other; each but the first finds it done.
const takeTurns = `select pg_advisory_xact_lock(hashtextextended('acci.auth.bootstrap', 0))`;

/**
 * Sees to it that the platform's operator can get in. An app runs it at every start,
 * between `app.init()` and `app.listen()`.
 *
 * @example
 * const { key } = await app.get(OperatorKeyBootstrap).run();
 * if (key) console.log(`Operator key, shown this once: ${key}`);
 */
@Injectable()
export class OperatorKeyBootstrap {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly issuer: ApiKeyIssuer,
    private readonly secrets: KeySecrets,
    private readonly configured: ConfiguredOperatorKey,
  ) {}

  /**
   * With a configured operator key: makes it known, in place of an earlier one. Without: makes a key, if the platform
   * has never had an operator key before.
   */
  run(): Promise<BootstrapResult> {
    const ctx = { tenantId: PLATFORM_TENANT_ID, actor: 'system:bootstrap', correlationId: uuidv7() };
    const { hash } = this.configured;
    return this.database.inTenant(ctx.tenantId, (tx) => {
      tx.execute(takeTurns);
      return hash ? this.configure(tx, ctx, hash) : this.first(tx, ctx);
    });
  }

  private async first(tx: Transaction, ctx: Context): Promise<BootstrapResult> {
    const now = new Date();
    const operators = await this.secrets.lockOperators(tx, ctx.tenantId, now);
    if (operators.length > 0) return { created: false };
    const first: ApiKeyTerms = {
      name: 'Operator key of the first start',
      permissions,
      origin: 'first_start',
    };
    const { key } = await this.issuer.issue(ctx, first, now);
    return { created: true, key };
  }

  private async configure(tx: Transaction, ctx: Context, hash: Buffer): Promise<BootstrapResult> {
    const { address } = this.configured;
    const current = await this.secrets.lock(tx, address);
    if (current === undefined) {
      const name = 'Operator key of the configuration';
      await this.issuer.save(
        ctx,
        address.keyId,
        { name, permissions, origin: 'configuration' },
        hash,
        new Date(),
      );
      return { created: true };
    }
    if (!current?.equals(hash)) {
      this.secrets.replace(tx, address, hash);
      await this.store.update(ctx, ApiKey, address.keyId, (key) => key.replaceSecret());
    }
    return { created: false };
  }
}
