import { Database, prepared } from '@acci/database';
import type { Context } from '@acci/event-store';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ServiceAccountNotFound } from '../service-account.errors.js';
import type { ServiceAccountResponse } from '../service-account.schemas.js';
import { serviceAccountColumns } from './service-account-columns.js';

const select = prepared(`
  select ${serviceAccountColumns} from acci.service_accounts where tenant_id = $1::uuid and id = $2::uuid`);

/**
 * One service account of the context's tenant.
 *
 * @throws {ServiceAccountNotFound}
 * @example
 * const { disabledAt } = await queryBus.execute(new GetServiceAccount(ctx, id));
 */
export class GetServiceAccount extends Query<ServiceAccountResponse> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
  ) {
    super();
  }
}

/** Handles {@link GetServiceAccount} in one round trip. */
@QueryHandler(GetServiceAccount)
export class GetServiceAccountHandler implements IQueryHandler<GetServiceAccount> {
  constructor(private readonly database: Database) {}

  async execute({ ctx: { tenantId }, id }: GetServiceAccount): Promise<ServiceAccountResponse> {
    const [account] = await this.database.readInTenant<ServiceAccountResponse>(tenantId, select, [
      tenantId,
      id,
    ]);
    if (!account) throw new ServiceAccountNotFound(id);
    return account;
  }
}
