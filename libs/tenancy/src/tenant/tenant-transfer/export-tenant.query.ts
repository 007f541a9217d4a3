import { TenantTransfer, type Context, type ExportOptions } from '@acci/event-store';
import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { assertPlatformTenant } from '../../platform-tenant.js';
import { GetTenant } from '../tenant-directory/get-tenant.query.js';

/**
 * Asks for all events of a tenant, as the lines of an export; see `TenantTransfer` of `@acci/event-store`. It is made
 * while it is read.
 *
 * @throws {PlatformTenantRequired} {@link TenantNotFound}
 * @example
 * const lines = await queryBus.execute(new ExportTenant(ctx, id, { includePersonalData: true }));
 * await pipeline(lines, createWriteStream('acme.ndjson'));
 */
export class ExportTenant extends Query<AsyncIterable<string>> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
    readonly options: ExportOptions = {},
  ) {
    super();
  }
}

/** Answers {@link ExportTenant}. */
@QueryHandler(ExportTenant)
export class ExportTenantHandler implements IQueryHandler<ExportTenant> {
  constructor(
    private readonly queryBus: QueryBus,
    private readonly transfer: TenantTransfer,
  ) {}

  async execute({ ctx, id, options }: ExportTenant): Promise<AsyncIterable<string>> {
    assertPlatformTenant(ctx.tenantId);
    await this.queryBus.execute(new GetTenant(ctx, id));
    return this.transfer.export({ ...ctx, tenantId: id }, options);
  }
}
