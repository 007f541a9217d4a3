import { type AppendResult, type Context, EventStore } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate } from '../../grant/grant-gate.js';
import { Grants } from '../../grant/grants.js';
import { grantsWithOwn } from '../../grant/stored-grants.js';
import { ApiKey } from '../api-key.aggregate.js';
import { ApiKeyNotFound, ApiKeyOwnerKeptOut } from '../api-key.errors.js';
import { KeySecrets } from '../key-secrets.js';
import { hashKeyText, newKeyText } from '../key-text.js';
import { assertWithinCreator, type KeyCreator } from '../within-creator.js';
import type { CreatedKey } from './create-api-key.command.js';

/** Which key gets another secret. */
export interface ApiKeyRotation {
  readonly id: string;
  /** How long the secret before is good, in minutes. 0 ends every earlier secret at once. */
  readonly overlapMinutes: number;
}

/**
 * Gives a key of the context's tenant another secret, for somebody who may do all that the key may. Of those who try at
 * the same time one succeeds, unless they want no overlap: then all do, and the last one's secret is good.
 *
 * @throws {ApiKeyNotFound}
 * @throws {PermissionNotHeld} {@link ApiKeyOutlivesCreator} {@link ApiKeyRangesWider} for whoever may do less.
 * @throws {ApiKeyConfigured} {@link ApiKeyTakenBack} {@link ApiKeyEnded} {@link ApiKeyOwnerKeptOut} {@link ApiKeyRotating}
 * @example
 * const { key } = await commandBus.execute(new RotateApiKey(ctx, caller, { id, overlapMinutes: 60 }));
 */
export class RotateApiKey extends Command<CreatedKey> {
  constructor(
    readonly ctx: Context,
    readonly creator: KeyCreator,
    readonly input: ApiKeyRotation,
  ) {
    super();
  }
}

/** Handles {@link RotateApiKey}. */
@CommandHandler(RotateApiKey)
export class RotateApiKeyHandler implements ICommandHandler<RotateApiKey> {
  constructor(
    private readonly store: EventStore,
    private readonly secrets: KeySecrets,
    private readonly grants: Grants,
    private readonly gate: GrantGate,
  ) {}

  async execute({ ctx, creator, input }: RotateApiKey): Promise<CreatedKey> {
    let key: string | null = null;
    const rotate = async (): Promise<AppendResult> => {
      const text = newKeyText({ tenantId: ctx.tenantId, keyId: input.id });
      const saved = await this.rotate(ctx, creator, input, hashKeyText(text));
      key = text;
      return saved;
    };
    const saved = await this.store.once(ctx, rotate, { command: ['RotateApiKey', input] });
    return { ...saved, key };
  }

  private rotate(
    ctx: Context,
    creator: KeyCreator,
    { id, overlapMinutes }: ApiKeyRotation,
    hash: Buffer,
  ): Promise<AppendResult> {
    const { tenantId } = ctx;
    const address = { tenantId, keyId: id };
    return this.gate.change(ctx, creator, async (check) => {
      const { tx } = check;
      // The lock lets those who rotate one key at the same time take turns.
      const terms = await this.secrets.lockTerms(tx, address);
      if (!terms) throw new ApiKeyNotFound(id);
      const { permissions, grants, ownerMayAct, ...reach } = terms;
      if (!ownerMayAct) throw new ApiKeyOwnerKeptOut();
      // Whoever gets the secret gets all that it opens.
      for (const grant of grantsWithOwn(permissions, grants))
        check.assertTerms(this.grants.termsOf(grant, tenantId));
      assertWithinCreator(creator, reach);
      const now = new Date();
      const previousUntil = new Date(now.getTime() + overlapMinutes * 60_000);
      const saved = await this.store.update(ctx, ApiKey, id, (key) => key.rotate(previousUntil, now));
      if (overlapMinutes > 0) this.secrets.rotate(tx, address, hash, previousUntil);
      else this.secrets.replace(tx, address, hash);
      return saved;
    });
  }
}
