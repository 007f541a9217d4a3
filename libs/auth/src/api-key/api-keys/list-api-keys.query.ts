import { Database, prepared } from '@acci/database';
import type { Context } from '@acci/event-store';
import { cutPage, decodeCursor, encodeCursor, type Page } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import type { ApiKeyResponse } from '../api-key.schemas.js';
import { type ApiKeyRow, selectApiKeys, toApiKeyResponse } from './api-key-row.js';

// Ids are UUIDv7: their order is the order in which the keys were made.
const select = prepared(`
  ${selectApiKeys}
   where tenant_id = $1 and ($2::uuid is null or id < $2)
     and ($3::uuid is null or owner_id = $3) and ($4::boolean is null or (revoked_at is not null) = $4)
   order by id desc limit $5`);

/** Which page of which keys. */
export interface ApiKeyFilter {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Only the keys of this user or service account. */
  readonly ownerId?: string | undefined;
  /** Only keys that were revoked, or that were not. */
  readonly revoked?: boolean | undefined;
}

/**
 * The keys of the context's tenant, newest first; revoked ones included, unless the filter says otherwise.
 *
 * @example
 * const { items, next } = await queryBus.execute(new ListApiKeys(ctx, { limit: 50 }));
 */
export class ListApiKeys extends Query<Page<ApiKeyResponse>> {
  constructor(
    readonly ctx: Context,
    readonly filter: ApiKeyFilter,
  ) {
    super();
  }
}

/** Handles {@link ListApiKeys}. */
@QueryHandler(ListApiKeys)
export class ListApiKeysHandler implements IQueryHandler<ListApiKeys> {
  constructor(private readonly database: Database) {}

  async execute({ ctx: { tenantId }, filter }: ListApiKeys): Promise<Page<ApiKeyResponse>> {
    const { limit, cursor, ownerId = null, revoked = null } = filter;
    const after = decodeCursor(cursor, z.uuid()) ?? null;
    const values = [tenantId, after, ownerId, revoked, limit + 1];
    const rows = await this.database.queryInTenant<ApiKeyRow>(tenantId, select, values);
    return cutPage(rows.map(toApiKeyResponse), limit, ({ id }) => encodeCursor(id));
  }
}
