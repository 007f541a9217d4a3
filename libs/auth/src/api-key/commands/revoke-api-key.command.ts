import { Database, type Transaction } from '@acci/database';
import { type AppendResult, type Context, EventStore } from '@acci/event-store';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ConfiguredOperatorKey } from '../../operator-key/configured-operator-key.js';
import { ApiKey } from '../api-key.aggregate.js';
import { ApiKeyNotFound, LastOperatorKey } from '../api-key.errors.js';
import { KeySecrets } from '../key-secrets.js';

/**
 * Takes a key of the context's tenant back: within a second nobody gets in with it. Once more changes nothing.
 *
 * @throws {ApiKeyNotFound}
 * @throws {LastOperatorKey} for the last key that may do everything, unless the configuration gives one.
 * @throws {ApiKeyConfigured} for the key of the configuration.
 * @example
 * await commandBus.execute(new RevokeApiKey(ctx, id));
 */
export class RevokeApiKey extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
  ) {
    super();
  }
}

/** Handles {@link RevokeApiKey}. */
@CommandHandler(RevokeApiKey)
export class RevokeApiKeyHandler implements ICommandHandler<RevokeApiKey> {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly secrets: KeySecrets,
    private readonly configured: ConfiguredOperatorKey,
  ) {}

  execute({ ctx, id }: RevokeApiKey): Promise<AppendResult> {
    const address = { tenantId: ctx.tenantId, keyId: id };
    return this.database.inTenant(ctx.tenantId, async (tx) => {
      if (ctx.tenantId === PLATFORM_TENANT_ID && !this.configured.hash)
        await this.assertAnotherOperator(tx, id);
      // The lock lets those who revoke one key at the same time take turns, so that none of them fails.
      if ((await this.secrets.lock(tx, address)) === undefined) throw new ApiKeyNotFound(id);
      this.secrets.replace(tx, address, null);
      return this.store.update(ctx, ApiKey, id, (key) => key.revoke());
    });
  }

  private async assertAnotherOperator(tx: Transaction, id: string): Promise<void> {
    const operators = await this.secrets.lockOperators(tx, PLATFORM_TENANT_ID, new Date());
    // A key of the configuration opens nothing while it is not configured.
    const valid = operators.filter((key) => key.valid && key.id !== this.configured.address.keyId);
    if (valid.length === 1 && valid[0]?.id === id) throw new LastOperatorKey();
  }
}
