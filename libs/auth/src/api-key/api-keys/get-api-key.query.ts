import { Database, prepared } from '@acci/database';
import type { Context } from '@acci/event-store';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiKeyNotFound } from '../api-key.errors.js';
import type { ApiKeyResponse } from '../api-key.schemas.js';
import { type ApiKeyRow, selectApiKeys, toApiKeyResponse } from './api-key-row.js';

const select = prepared(`${selectApiKeys} where tenant_id = $1 and id = $2`);

/**
 * One key of the context's tenant.
 *
 * @throws {ApiKeyNotFound}
 * @example
 * const { lastUsedAt } = await queryBus.execute(new GetApiKey(ctx, id));
 */
export class GetApiKey extends Query<ApiKeyResponse> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
  ) {
    super();
  }
}

/** Handles {@link GetApiKey}. */
@QueryHandler(GetApiKey)
export class GetApiKeyHandler implements IQueryHandler<GetApiKey> {
  constructor(private readonly database: Database) {}

  async execute({ ctx: { tenantId }, id }: GetApiKey): Promise<ApiKeyResponse> {
    const [row] = await this.database.readInTenant<ApiKeyRow>(tenantId, select, [tenantId, id]);
    if (!row) throw new ApiKeyNotFound(id);
    return toApiKeyResponse(row);
  }
}
