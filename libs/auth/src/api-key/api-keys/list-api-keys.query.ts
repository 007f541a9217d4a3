import { Database, prepared } from '@acci/database';
import type { Context } from '@acci/event-store';
import { cutPage, decodeCursor, encodeCursor, type Page } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import type { ApiKeyResponse } from '../api-key.schemas.js';
import { type ApiKeyRow, selectApiKeys, toApiKeyResponse } from './api-key-row.js';

// Ids are UUIDv7: their order is the order in which the keys were made.
const select = prepared(`
  ${selectApiKeys} where tenant_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`);

/**
 * The keys of the context's tenant, newest first, revoked ones included.
 *
 * @example
 * const { items, next } = await queryBus.execute(new ListApiKeys(ctx, { limit: 50 }));
 */
export class ListApiKeys extends Query<Page<ApiKeyResponse>> {
  constructor(
    readonly ctx: Context,
    readonly page: { readonly limit: number; readonly cursor?: string | undefined },
  ) {
    super();
  }
}

/** Handles {@link ListApiKeys}. */
@QueryHandler(ListApiKeys)
export class ListApiKeysHandler implements IQueryHandler<ListApiKeys> {
  constructor(private readonly database: Database) {}

  async execute({ ctx: { tenantId }, page: { limit, cursor } }: ListApiKeys): Promise<Page<ApiKeyResponse>> {
    const after = decodeCursor(cursor, z.uuid()) ?? null;
    const rows = await this.database.queryInTenant<ApiKeyRow>(tenantId, select, [tenantId, after, limit + 1]);
    return cutPage(rows.map(toApiKeyResponse), limit, ({ id }) => encodeCursor(id));
  }
}
