import type { Context } from '@acci/event-store';
import { TenantLookup } from '@acci/tenancy';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { IdentityLinkResponse } from './identity-link.schemas.js';
import { IdentityLinks } from './identity-links.js';

/**
 * Who a user of the context's tenant is in other tenants, oldest first: for the person themselves, and nobody else.
 *
 * @example
 * const links = await queryBus.execute(new ListIdentityLinks(ctx, userId));
 */
export class ListIdentityLinks extends Query<IdentityLinkResponse[]> {
  constructor(
    readonly ctx: Context,
    readonly userId: string,
  ) {
    super();
  }
}

/** Handles {@link ListIdentityLinks}. */
@QueryHandler(ListIdentityLinks)
export class ListIdentityLinksHandler implements IQueryHandler<ListIdentityLinks> {
  constructor(
    private readonly links: IdentityLinks,
    private readonly tenants: TenantLookup,
  ) {}

  async execute({ ctx: { tenantId }, userId: me }: ListIdentityLinks): Promise<IdentityLinkResponse[]> {
    const links = await this.links.of({ tenantId, userId: me });
    const items = await Promise.all(
      links.map(async ({ id, otherTenantId, otherUserId: userId, linkedAt }) => {
        const tenant = await this.tenants.byId(otherTenantId);
        return tenant ? [{ id, tenant, userId, linkedAt: linkedAt.toISOString() }] : [];
      }),
    );
    return items.flat();
  }
}
