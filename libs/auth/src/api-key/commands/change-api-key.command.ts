import { type AppendResult, type Context, EventStore } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate } from '../../grant/grant-gate.js';
import { Grants } from '../../grant/grants.js';
import { grantsWithOwn } from '../../grant/stored-grants.js';
import { ApiKey, type ApiKeyChanges } from '../api-key.aggregate.js';
import { ApiKeyNotFound } from '../api-key.errors.js';
import { KeySecrets } from '../key-secrets.js';
import { assertRangesWithin, type KeyCreator } from '../within-creator.js';

/**
 * Changes what a key of the context's tenant is called, or where it is good. The second is for somebody who may do all
 * that the key may, and from no more networks than their own key is good from: within a second it counts everywhere.
 *
 * @throws {ApiKeyNotFound} {@link VersionMismatch} {@link ApiKeyConfigured} {@link ApiKeyTakenBack}
 * @throws {PermissionNotHeld} {@link ApiKeyRangesWider} for whoever may do less.
 * @example
 * const changes = { addressRanges: ['203.0.113.0/24'] };
 * await commandBus.execute(new ChangeApiKey(ctx, caller, { id, changes }));
 */
export class ChangeApiKey extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly caller: KeyCreator,
    readonly input: {
      readonly id: string;
      /** The version that the caller has seen: nothing is decided on any other. */
      readonly expectedVersion?: number | undefined;
      readonly changes: ApiKeyChanges;
    },
  ) {
    super();
  }
}

/** Handles {@link ChangeApiKey}. */
@CommandHandler(ChangeApiKey)
export class ChangeApiKeyHandler implements ICommandHandler<ChangeApiKey> {
  constructor(
    private readonly store: EventStore,
    private readonly secrets: KeySecrets,
    private readonly grants: Grants,
    private readonly gate: GrantGate,
  ) {}

  execute({ ctx, caller, input }: ChangeApiKey): Promise<AppendResult> {
    const change = (): Promise<AppendResult> => this.change(ctx, caller, input);
    return this.store.once(ctx, change, { command: ['ChangeApiKey', input] });
  }

  private change(
    ctx: Context,
    caller: KeyCreator,
    { id, expectedVersion, changes }: ChangeApiKey['input'],
  ): Promise<AppendResult> {
    const address = { tenantId: ctx.tenantId, keyId: id };
    return this.gate.change(ctx, caller, async (check) => {
      const terms = await this.secrets.lockTerms(check.tx, address);
      if (!terms) throw new ApiKeyNotFound(id);
      const { addressRanges } = changes;
      if (addressRanges) {
        for (const grant of grantsWithOwn(terms.permissions, terms.grants))
          check.assertTerms(this.grants.termsOf(grant, ctx.tenantId));
        assertRangesWithin(caller, addressRanges);
        this.secrets.bind(check.tx, address, addressRanges);
      }
      return this.store.update(ctx, ApiKey, id, (key) => key.change(changes), { expectedVersion });
    });
  }
}
