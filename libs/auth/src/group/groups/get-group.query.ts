import { Database, prepared } from '@acci/database';
import type { Context } from '@acci/event-store';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { GroupNotFound } from '../group.errors.js';
import type { GroupResponse } from '../group.schemas.js';
import { groupColumns } from './group-row.js';

const select = prepared(
  `select ${groupColumns} from acci.groups g where g.tenant_id = $1::uuid and g.id = $2::uuid`,
);

/**
 * One group of the context's tenant.
 *
 * @throws {GroupNotFound}
 * @example
 * const { members } = await queryBus.execute(new GetGroup(ctx, id));
 */
export class GetGroup extends Query<GroupResponse> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
  ) {
    super();
  }
}

/** Handles {@link GetGroup}. */
@QueryHandler(GetGroup)
export class GetGroupHandler implements IQueryHandler<GetGroup> {
  constructor(private readonly database: Database) {}

  async execute({ ctx: { tenantId }, id }: GetGroup): Promise<GroupResponse> {
    const [group] = await this.database.readInTenant<GroupResponse>(tenantId, select, [tenantId, id]);
    if (!group) throw new GroupNotFound(id);
    return group;
  }
}
