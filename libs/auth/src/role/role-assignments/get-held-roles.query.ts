import { Database, prepared } from '@acci/database';
import type { Context } from '@acci/event-store';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { builtInRoles } from '../built-in-roles.js';
import { holders, type Principal } from '../role-holders.js';
import type { HeldRolesResponse } from '../role.schemas.js';

/** Roles by the groups of a user come beside those that are the user's own. */
function select(table: string) {
  return prepared(`
    with held as (
      select role_id, null::uuid as group_id
        from acci.role_assignments
       where tenant_id = $1::uuid and principal_type = $2 and principal_id = $3::uuid
       union all
      select a.role_id, m.group_id
        from acci.group_members m
        join acci.role_assignments a
          on a.tenant_id = m.tenant_id and a.principal_type = 'group' and a.principal_id = m.group_id
       where m.tenant_id = $1::uuid and m.user_id = $3::uuid and $2 = 'user'),
    roles as (
      select held.role_id as id, r.name, bool_or(held.group_id is null) as direct,
             coalesce(array_agg(held.group_id) filter (where held.group_id is not null), '{}') as "groupIds"
        from held left join acci.roles r on r.tenant_id = $1::uuid and r.id = held.role_id
       group by held.role_id, r.name)
    select (select coalesce(json_agg(roles order by id), '[]') from roles) as roles
      from ${table} where tenant_id = $1::uuid and id = $3::uuid`);
}

const statements = {
  user: select('acci.users'),
  group: select('acci.groups'),
  api_key: select('acci.api_keys'),
  service_account: select('acci.service_accounts'),
};

/** A built-in role has no row, and so no name there. */
type HeldRoleRow = Omit<HeldRolesResponse['items'][number], 'name'> & { readonly name: string | null };

/**
 * The roles that somebody of the context's tenant has; of a user, also those of their groups.
 *
 * @throws {UserNotFound} {@link GroupNotFound} {@link ApiKeyNotFound} {@link ServiceAccountNotFound}
 * @example
 * const { items } = await queryBus.execute(new GetHeldRoles(ctx, { type: 'user', id: userId }));
 */
export class GetHeldRoles extends Query<HeldRolesResponse> {
  constructor(
    readonly ctx: Context,
    readonly principal: Principal,
  ) {
    super();
  }
}

/** Handles {@link GetHeldRoles}. */
@QueryHandler(GetHeldRoles)
export class GetHeldRolesHandler implements IQueryHandler<GetHeldRoles> {
  constructor(private readonly database: Database) {}

  async execute({ ctx: { tenantId }, principal: { type, id } }: GetHeldRoles): Promise<HeldRolesResponse> {
    const [row] = await this.database.readInTenant<{ roles: HeldRoleRow[] }>(tenantId, statements[type], [
      tenantId,
      type,
      id,
    ]);
    if (!row) throw holders[type].notFound(id);
    const items = row.roles.map(({ id: roleId, name, direct, groupIds }) => ({
      id: roleId,
      name: name ?? builtInName(roleId),
      direct,
      groupIds,
    }));
    return { items };
  }
}

function builtInName(roleId: string): string {
  return builtInRoles.find(({ id }) => id === roleId)?.name ?? roleId;
}
