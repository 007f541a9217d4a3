import { type AppendResult, type Context, EventStore } from '@acci/event-store';
import { PLATFORM_TENANT_ID, TenantStatus } from '@acci/tenancy';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate } from '../../grant/grant-gate.js';
import { PermissionCatalogue } from '../../permissions/permission-catalogue.js';
import { PermissionUnknown } from '../../permissions/permission.errors.js';
import { ApiKeyNotPlatform } from '../api-key.errors.js';
import { ApiKeyIssuer } from '../api-key-issuer.js';
import { assertWithinCreator, type KeyCreator, ownerOfKeysMadeBy } from '../within-creator.js';

/** What a key is wanted for. */
export interface ApiKeyWish {
  readonly name: string;
  readonly permissions: readonly string[];
  /** Undefined for a key that does not expire. */
  readonly expiresAt?: Date | undefined;
  /** The networks it is good from; undefined: where the creator's own key is good, or else anywhere. */
  readonly addressRanges?: readonly string[] | undefined;
  /** True for a key of the tenant's own, that does not die with whoever makes it. */
  readonly service?: boolean | undefined;
}

/** The key that {@link CreateApiKey} made. */
export interface CreatedKey extends AppendResult {
  /** Null if it was shown before: it is kept nowhere. */
  readonly key: string | null;
}

/**
 * Makes a key in the context's tenant, for a creator who gives away no more than they hold, and for no longer. It is
 * theirs and dies with them, unless it is wanted as a service key or is in another tenant. Under a command id it is made
 * once, and shown once: when the command comes again, `key` is null.
 *
 * @throws {PermissionUnknown} {@link PermissionNotHeld} {@link ApiKeyNotPlatform} for permissions that it cannot have.
 * @throws {ApiKeyOutlivesCreator} {@link ApiKeyExpiryPast} for an end that it cannot have.
 * @throws {ApiKeyRangesWider} for networks that it cannot have.
 * @throws {TenantRefused} if the tenant does not exist or is not served.
 * @example
 * const wish = { name: 'Nightly export', permissions: ['shop.orders.read'] };
 * const { key } = await commandBus.execute(new CreateApiKey(ctx, { permissions: '*' }, wish));
 */
export class CreateApiKey extends Command<CreatedKey> {
  constructor(
    readonly ctx: Context,
    readonly creator: KeyCreator,
    readonly wish: ApiKeyWish,
  ) {
    super();
  }
}

/** Handles {@link CreateApiKey}. */
@CommandHandler(CreateApiKey)
export class CreateApiKeyHandler implements ICommandHandler<CreateApiKey> {
  constructor(
    private readonly store: EventStore,
    private readonly issuer: ApiKeyIssuer,
    private readonly catalogue: PermissionCatalogue,
    private readonly tenants: TenantStatus,
    private readonly gate: GrantGate,
  ) {}

  async execute({ ctx, creator, wish }: CreateApiKey): Promise<CreatedKey> {
    const { name, permissions, expiresAt, service = false } = wish;
    const addressRanges = wish.addressRanges ?? creator.addressRanges ?? [];
    this.assertKnown(ctx, permissions);
    assertWithinCreator(creator, { expiresAt: expiresAt ?? null, addressRanges });
    await this.tenants.assertActive(ctx.tenantId);
    const owner = service ? undefined : ownerOfKeysMadeBy(creator, ctx.tenantId);
    let key: string | null = null;
    const issue = async (): Promise<AppendResult> => {
      const terms = { name, permissions, expiresAt, addressRanges, owner, origin: 'request' } as const;
      const { key: text, ...saved } = await this.gate.change(ctx, creator, (check) => {
        check.assertTerms({ permissions, condition: null });
        return this.issuer.issue(ctx, terms, new Date());
      });
      key = text;
      return saved;
    };
    const saved = await this.store.once(ctx, issue, { command: ['CreateApiKey', wish] });
    return { ...saved, key };
  }

  private assertKnown(ctx: Context, wanted: readonly string[]): void {
    if (wanted.includes('*') && ctx.tenantId !== PLATFORM_TENANT_ID) throw new ApiKeyNotPlatform();
    const unknown = [...wanted.keys()].filter((place) => !this.catalogue.knows(wanted[place] as string));
    if (unknown.length > 0) throw new PermissionUnknown(unknown);
  }
}
