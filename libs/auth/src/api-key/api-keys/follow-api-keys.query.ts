import { Database, prepared } from '@acci/database';
import { LiveFeed, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiKey } from '../api-key.aggregate.js';
import type { ApiKeyResponse } from '../api-key.schemas.js';
import { type ApiKeyRow, selectApiKeys, toApiKeyResponse } from './api-key-row.js';

const select = prepared(`${selectApiKeys} where tenant_id = $1 and id = any ($2::uuid[])`);

/**
 * The keys of the context's tenant as they are made and revoked. It needs `LiveFeedModule`, as `AuthHttpModule` imports
 * it.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list or tenant.
 * @example
 * const source = await queryBus.execute(new FollowApiKeys(ctx, lastEventId));
 */
export class FollowApiKeys extends Query<StreamSource<ApiKeyResponse>> {
  constructor(
    readonly ctx: Context,
    readonly cursor?: string,
  ) {
    super();
  }
}

/** Answers {@link FollowApiKeys}. */
@QueryHandler(FollowApiKeys)
export class FollowApiKeysHandler implements IQueryHandler<FollowApiKeys> {
  constructor(
    private readonly live: LiveFeed,
    private readonly database: Database,
  ) {}

  async execute({ ctx, cursor }: FollowApiKeys): Promise<StreamSource<ApiKeyResponse>> {
    const { tenantId } = ctx;
    return this.live.list(ctx, cursor, {
      name: 'auth.api-keys',
      streamType: ApiKey.streamType,
      find: async (ids) => {
        const rows = await this.database.readInTenant<ApiKeyRow>(tenantId, select, [tenantId, ids]);
        return rows.map(toApiKeyResponse);
      },
    });
  }
}
