import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { PLATFORM_TENANT_ID, TenantStatus } from '@acci/tenancy';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Identity } from '../../access/authenticator.js';
import { PermissionCatalogue } from '../../permissions/permission-catalogue.js';
import { permits } from '../../permissions/permissions.js';
import {
  ApiKeyNotPlatform,
  ApiKeyOutlivesCreator,
  PermissionNotHeld,
  PermissionUnknown,
} from '../api-key.errors.js';
import { ApiKeyIssuer } from '../api-key-issuer.js';

/** What a key is wanted for. */
export interface ApiKeyWish {
  readonly name: string;
  readonly permissions: readonly string[];
  /** Undefined for a key that does not expire. */
  readonly expiresAt?: Date | undefined;
}

/** The key that {@link CreateApiKey} made. */
export interface CreatedKey extends AppendResult {
  /** Null if it was shown before: it is kept nowhere. */
  readonly key: string | null;
}

/**
 * Makes a key in the context's tenant, for a creator who gives away no more than they hold, and for no longer. Under a
 * command id it is made once, and shown once: when the command comes again, `key` is null.
 *
 * @throws {PermissionUnknown} {@link PermissionNotHeld} {@link ApiKeyNotPlatform} for permissions that it cannot have.
 * @throws {ApiKeyOutlivesCreator} {@link ApiKeyExpiryPast} for an end that it cannot have.
 * @throws {TenantRefused} if the tenant does not exist or is not served.
 * @example
 * const wish = { name: 'Nightly export', permissions: ['shop.orders.read'] };
 * const { key } = await commandBus.execute(new CreateApiKey(ctx, { permissions: '*' }, wish));
 */
export class CreateApiKey extends Command<CreatedKey> {
  constructor(
    readonly ctx: Context,
    readonly creator: Pick<Identity, 'permissions' | 'expiresAt'>,
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
  ) {}

  async execute({ ctx, creator, wish }: CreateApiKey): Promise<CreatedKey> {
    this.assertGrantable(ctx, creator, wish.permissions);
    const end = creator.expiresAt;
    if (end && (!wish.expiresAt || wish.expiresAt > end)) throw new ApiKeyOutlivesCreator(end);
    await this.tenants.assertActive(ctx.tenantId);
    let key: string | null = null;
    const issue = async (): Promise<AppendResult> => {
      const { key: text, ...saved } = await this.issuer.issue(
        ctx,
        { ...wish, origin: 'request' },
        new Date(),
      );
      key = text;
      return saved;
    };
    const saved = await this.store.once(ctx, issue, { command: ['CreateApiKey', wish] });
    return { ...saved, key };
  }

  private assertGrantable(
    ctx: Context,
    creator: Pick<Identity, 'permissions'>,
    wanted: readonly string[],
  ): void {
    if (wanted.includes('*') && ctx.tenantId !== PLATFORM_TENANT_ID) throw new ApiKeyNotPlatform();
    const unknown = [...wanted.keys()].filter((place) => !this.catalogue.knows(wanted[place] as string));
    if (unknown.length > 0) throw new PermissionUnknown(unknown);
    const notHeld = wanted.filter((permission) => !permits(creator.permissions, permission));
    if (notHeld.length > 0) throw new PermissionNotHeld(notHeld);
  }
}
