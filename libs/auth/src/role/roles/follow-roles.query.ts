import { Database, prepared } from '@acci/database';
import { LiveFeed, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { Role } from '../role.aggregate.js';
import type { RoleResponse } from '../role.schemas.js';
import { roleColumns } from './role-row.js';

const select = prepared(
  `select ${roleColumns} from acci.roles where tenant_id = $1::uuid and id = any ($2::text[])`,
);

/**
 * The roles of the context's tenant as they change; built-in ones never do. It needs `LiveFeedModule`, as
 * `AuthHttpModule` imports it.
 *
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another list or tenant.
 * @example
 * const source = await queryBus.execute(new FollowRoles(ctx, lastEventId));
 */
export class FollowRoles extends Query<StreamSource<RoleResponse>> {
  constructor(
    readonly ctx: Context,
    readonly cursor?: string,
  ) {
    super();
  }
}

/** Handles {@link FollowRoles}. */
@QueryHandler(FollowRoles)
export class FollowRolesHandler implements IQueryHandler<FollowRoles> {
  constructor(
    private readonly live: LiveFeed,
    private readonly database: Database,
  ) {}

  async execute({ ctx, cursor }: FollowRoles): Promise<StreamSource<RoleResponse>> {
    const { tenantId } = ctx;
    return this.live.list(ctx, cursor, {
      name: 'auth.roles',
      streamType: Role.streamType,
      find: (ids) => this.database.readInTenant<RoleResponse>(tenantId, select, [tenantId, ids]),
    });
  }
}
