import { LiveFeed, StreamNotFound, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Tenant } from '../tenant.aggregate.js';
import { TenantNotFound } from '../tenant.errors.js';
import type { TenantHistoryItem } from '../tenant.schemas.js';
import { toHistoryItem } from './tenant-history-item.js';

/**
 * Asks for what happens to a tenant from now on, or behind the last that was seen. It needs `LiveFeedModule`, as
 * `TenancyHttpModule` imports it.
 *
 * @throws {TenantNotFound}
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another tenant's history.
 * @example
 * const source = await queryBus.execute(new FollowTenantHistory(ctx, id, lastEventId));
 */
export class FollowTenantHistory extends Query<StreamSource<TenantHistoryItem>> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
    readonly cursor?: string,
  ) {
    super();
  }
}

/** Answers {@link FollowTenantHistory} from the tenant's stream, which is its history. */
@QueryHandler(FollowTenantHistory)
export class FollowTenantHistoryHandler implements IQueryHandler<FollowTenantHistory> {
  constructor(private readonly live: LiveFeed) {}

  async execute({ ctx, id, cursor }: FollowTenantHistory): Promise<StreamSource<TenantHistoryItem>> {
    const history = {
      name: 'tenancy.history',
      streamType: Tenant.streamType,
      streamId: id,
      show: toHistoryItem,
    };
    return this.live.stream(ctx, cursor, history).catch((error: unknown) => {
      throw error instanceof StreamNotFound ? new TenantNotFound(id) : error;
    });
  }
}
