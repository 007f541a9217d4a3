import { Database, prepared } from '@acci/database';
import { LiveFeed, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ServiceAccount } from '../service-account.aggregate.js';
import type { FollowServiceAccountsQuery, ServiceAccountResponse } from '../service-account.schemas.js';
import { serviceAccountColumns } from './service-account-columns.js';
import { serviceAccountsThatFit, valuesOfFilter } from './service-account-filter.js';

const select = prepared(`
  select ${serviceAccountColumns} from acci.service_accounts where ${serviceAccountsThatFit} and id = any ($4::uuid[])`);

/**
 * The service accounts of a filtered list as they change: each as it is then, or that it is not in the list any more. It
 * needs `LiveFeedModule`, as `AuthHttpModule` imports it.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list, tenant or filter.
 * @example
 * const source = await queryBus.execute(new FollowServiceAccounts(ctx, { disabled: false }));
 */
export class FollowServiceAccounts extends Query<StreamSource<ServiceAccountResponse>> {
  constructor(
    readonly ctx: Context,
    readonly query: FollowServiceAccountsQuery,
  ) {
    super();
  }
}

/** Handles {@link FollowServiceAccounts}. The list is up to date with each event, since its projection is inline. */
@QueryHandler(FollowServiceAccounts)
export class FollowServiceAccountsHandler implements IQueryHandler<FollowServiceAccounts> {
  constructor(
    private readonly live: LiveFeed,
    private readonly database: Database,
  ) {}

  async execute({
    ctx,
    query: { cursor, ...filter },
  }: FollowServiceAccounts): Promise<StreamSource<ServiceAccountResponse>> {
    return this.live.list(ctx, cursor, {
      name: 'auth.service-accounts',
      streamType: ServiceAccount.streamType,
      filter,
      find: (ids) =>
        this.database.queryInTenant<ServiceAccountResponse>(ctx.tenantId, select, [
          ...valuesOfFilter(ctx.tenantId, filter),
          ids,
        ]),
    });
  }
}
