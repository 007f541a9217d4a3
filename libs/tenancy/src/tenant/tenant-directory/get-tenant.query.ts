import { Database, prepared } from '@acci/database';
import type { Context } from '@acci/event-store';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TenantNotFound } from '../tenant.errors.js';
import type { TenantResponse } from '../tenant.schemas.js';
import { tenantColumns } from './tenant-columns.js';

const selectTenant = prepared(`
  select ${tenantColumns} from acci.tenant_directory where tenant_id = $1::uuid and id = $2::uuid`);

/**
 * Asks for one tenant.
 *
 * @throws {TenantNotFound}
 * @example
 * const tenant = await queryBus.execute(new GetTenant(ctx, id));
 */
export class GetTenant extends Query<TenantResponse> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
  ) {
    super();
  }
}

/** Answers {@link GetTenant} in one round trip. */
@QueryHandler(GetTenant)
export class GetTenantHandler implements IQueryHandler<GetTenant> {
  constructor(private readonly database: Database) {}

  async execute({ ctx, id }: GetTenant): Promise<TenantResponse> {
    const [tenant] = await this.database.readInTenant<TenantResponse>(ctx.tenantId, selectTenant, [
      ctx.tenantId,
      id,
    ]);
    if (!tenant) throw new TenantNotFound(id);
    return tenant;
  }
}
