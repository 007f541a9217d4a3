import { Database, prepared } from '@acci/database';
import type { Context } from '@acci/event-store';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { UserNotFound } from '../user.errors.js';
import type { UserResponse } from '../user.schemas.js';
import { userColumns } from './user-columns.js';

const select = prepared(`select ${userColumns} from acci.users where tenant_id = $1::uuid and id = $2::uuid`);

/**
 * One user of the context's tenant.
 *
 * @throws {UserNotFound}
 * @example
 * const { status } = await queryBus.execute(new GetUser(ctx, id));
 */
export class GetUser extends Query<UserResponse> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
  ) {
    super();
  }
}

/** Handles {@link GetUser} in one round trip. */
@QueryHandler(GetUser)
export class GetUserHandler implements IQueryHandler<GetUser> {
  constructor(private readonly database: Database) {}

  async execute({ ctx: { tenantId }, id }: GetUser): Promise<UserResponse> {
    const [user] = await this.database.readInTenant<UserResponse>(tenantId, select, [tenantId, id]);
    if (!user) throw new UserNotFound(id);
    return user;
  }
}
