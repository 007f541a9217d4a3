import { EventStore, type Context } from '@acci/event-store';
import { cutPage, decodeCursor, encodeCursor, type Page } from '@acci/rest';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { Tenant } from '../tenant.aggregate.js';
import { TenantNotFound } from '../tenant.errors.js';
import type { TenantHistoryItem } from '../tenant.schemas.js';
import { toHistoryItem } from './tenant-history-item.js';

/**
 * Asks for what happened to a tenant, oldest first. Of a purged tenant nothing is left but that it was purged.
 *
 * @throws {TenantNotFound}
 * @example
 * const { items } = await queryBus.execute(new GetTenantHistory(ctx, id, { limit: 50 }));
 */
export class GetTenantHistory extends Query<Page<TenantHistoryItem>> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
    readonly paging: { readonly limit: number; readonly cursor?: string | undefined },
  ) {
    super();
  }
}

/** Answers {@link GetTenantHistory} from the tenant's stream, which is its history. */
@QueryHandler(GetTenantHistory)
export class GetTenantHistoryHandler implements IQueryHandler<GetTenantHistory> {
  constructor(private readonly store: EventStore) {}

  async execute({ ctx, id, paging: { limit, cursor } }: GetTenantHistory): Promise<Page<TenantHistoryItem>> {
    const after = decodeCursor(cursor, z.int().min(0)) ?? 0;
    const range = { fromVersion: after + 1, limit: limit + 1 };
    const events = await this.store.readStream(ctx, Tenant.streamType, id, range);
    if (events.length === 0 && after === 0) throw new TenantNotFound(id);
    const { items, next } = cutPage(events, limit, (last) => encodeCursor(last.version));
    return { items: items.map(toHistoryItem), next };
  }
}
