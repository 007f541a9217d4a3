import { Database, prepared } from '@acci/database';
import type { Context } from '@acci/event-store';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { assertPlatformTenant } from '../../platform-tenant.js';
import { isoTime } from '../tenant-directory/tenant-columns.js';
import { TenantErasureNotFound } from './tenant-erasure.errors.js';
import type { TenantErasureResponse } from './tenant-erasure.schemas.js';

const selectErasure = prepared(`
  select erased_tenant as id, ${isoTime('requested_at')} as "requestedAt", ${isoTime('completed_at')} as "completedAt",
         coalesce(counts, '{}') as "erasedRows"
    from acci.tenant_erasures where erased_tenant = $1::uuid`);

/**
 * Asks for the receipt of a purged tenant's erasure: when, how far, and how many rows of which table.
 *
 * @throws {PlatformTenantRequired} {@link TenantErasureNotFound}
 * @example
 * const { completedAt, erasedRows } = await queryBus.execute(new GetTenantErasure(ctx, id));
 */
export class GetTenantErasure extends Query<TenantErasureResponse> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
  ) {
    super();
  }
}

/** Answers {@link GetTenantErasure}. Receipts belong to no tenant, since the ones they name are no more. */
@QueryHandler(GetTenantErasure)
export class GetTenantErasureHandler implements IQueryHandler<GetTenantErasure> {
  constructor(private readonly database: Database) {}

  async execute({ ctx, id }: GetTenantErasure): Promise<TenantErasureResponse> {
    assertPlatformTenant(ctx.tenantId);
    const reason = 'read the receipt of an erasure';
    const [erasure] = await this.database.queryAsSystem<TenantErasureResponse>(reason, selectErasure, [id]);
    if (!erasure) throw new TenantErasureNotFound(id);
    return erasure;
  }
}
