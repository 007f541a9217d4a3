import { Database, prepared } from '@acci/database';
import type { Context } from '@acci/event-store';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { BuiltInRoles, isBuiltIn } from '../built-in-roles.js';
import { RoleNotFound } from '../role.errors.js';
import type { RoleResponse } from '../role.schemas.js';
import { builtInResponses, roleColumns } from './role-row.js';

const select = prepared(`select ${roleColumns} from acci.roles where tenant_id = $1::uuid and id = $2`);

/**
 * One role of the context's tenant, built in or of its own making.
 *
 * @throws {RoleNotFound}
 * @example
 * const { permissions } = await queryBus.execute(new GetRole(ctx, 'auditor'));
 */
export class GetRole extends Query<RoleResponse> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
  ) {
    super();
  }
}

/** Handles {@link GetRole}. */
@QueryHandler(GetRole)
export class GetRoleHandler implements IQueryHandler<GetRole> {
  constructor(
    private readonly database: Database,
    private readonly builtIn: BuiltInRoles,
  ) {}

  async execute({ ctx: { tenantId }, id }: GetRole): Promise<RoleResponse> {
    const role = isBuiltIn(id)
      ? builtInResponses(this.builtIn, tenantId).find((one) => one.id === id)
      : (await this.database.readInTenant<RoleResponse>(tenantId, select, [tenantId, id]))[0];
    if (!role) throw new RoleNotFound(id);
    return role;
  }
}
