import { isoTime } from '../../user/users/user-columns.js';

/** Groups under the names, and in the form, of `GroupResponse`: a row is an answer. A statement goes on with its condition. */
export const groupColumns = `g.id, g.name, g.description, g.version,
         (select count(*)::int from acci.group_members m where m.tenant_id = g.tenant_id and m.group_id = g.id) as members,
         array(select a.role_id from acci.role_assignments a
                where a.tenant_id = g.tenant_id and a.principal_type = 'group' and a.principal_id = g.id
                order by a.role_id) as "roleIds",
         ${isoTime('g.created_at')} as "createdAt", ${isoTime('g.updated_at')} as "updatedAt"`;
