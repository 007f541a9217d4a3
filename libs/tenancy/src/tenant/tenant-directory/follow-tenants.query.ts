import { Database } from '@acci/database';
import { LiveFeed, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Tenant } from '../tenant.aggregate.js';
import type { FollowTenantsQuery, TenantResponse } from '../tenant.schemas.js';
import { tenantColumns } from './tenant-columns.js';
import { tenantsThatFit } from './tenant-filter.js';

/**
 * Asks for the tenants of a filtered list as they change: each as it is then, or that it is not in the list any more. It
 * needs `LiveFeedModule`, as `TenancyHttpModule` imports it.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list or filter.
 * @example
 * const source = await queryBus.execute(new FollowTenants(ctx, { status: 'active' }));
 */
export class FollowTenants extends Query<StreamSource<TenantResponse>> {
  constructor(
    readonly ctx: Context,
    readonly query: FollowTenantsQuery,
  ) {
    super();
  }
}

/** Answers {@link FollowTenants}. The directory is up to date with each event, since its projection is inline. */
@QueryHandler(FollowTenants)
export class FollowTenantsHandler implements IQueryHandler<FollowTenants> {
  constructor(
    private readonly live: LiveFeed,
    private readonly database: Database,
  ) {}

  async execute({ ctx, query: { cursor, ...filter } }: FollowTenants): Promise<StreamSource<TenantResponse>> {
    return this.live.list(ctx, cursor, {
      name: 'tenancy.tenants',
      streamType: Tenant.streamType,
      filter,
      find: (ids) => {
        const where = tenantsThatFit(ctx.tenantId, filter).and('id = any (?::uuid[])', ids);
        const statement = `select ${tenantColumns} from acci.tenant_directory where ${where.sql}`;
        return this.database.queryInTenant<TenantResponse>(ctx.tenantId, statement, where.values);
      },
    });
  }
}
