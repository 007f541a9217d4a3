import { prepared, type Transaction } from '@acci/database';
import { type EventOf, SubjectWasForgotten, unhandledEvent } from '@acci/event-store';
import { Projection, type ProjectedEvent, type ProjectionHandler } from '@acci/projections';
import { ApiKeyRevoked, ApiKeyRoleAssigned, ApiKeyRoleRevoked } from '../../api-key/api-key.events.js';
import { GroupDeleted, GroupRoleAssigned, GroupRoleRevoked } from '../../group/group.events.js';
import { GuestRoleAssigned, GuestRoleRevoked } from '../../guest/guest.events.js';
import {
  ServiceAccountDeleted,
  ServiceAccountRoleAssigned,
  ServiceAccountRoleRevoked,
} from '../../service-account/service-account.events.js';
import { UserDeleted, UserRoleAssigned, UserRoleRevoked } from '../../user/user.events.js';

const events = [
  UserRoleAssigned,
  UserRoleRevoked,
  UserDeleted,
  GroupRoleAssigned,
  GroupRoleRevoked,
  GroupDeleted,
  ApiKeyRoleAssigned,
  ApiKeyRoleRevoked,
  ApiKeyRevoked,
  ServiceAccountRoleAssigned,
  ServiceAccountRoleRevoked,
  ServiceAccountDeleted,
  GuestRoleAssigned,
  GuestRoleRevoked,
  SubjectWasForgotten,
] as const;

type Event = EventOf<(typeof events)[number]>;

const assign = prepared(`
  insert into acci.role_assignments (tenant_id, principal_type, principal_id, role_id, home_tenant_id)
  values ($1::uuid, $2, $3::uuid, $4, $5::uuid)`);
const revoke = prepared(`
  delete from acci.role_assignments
   where tenant_id = $1::uuid and principal_type = $2 and principal_id = $3::uuid and role_id = $4`);
const revokeAll = prepared(`
  delete from acci.role_assignments where tenant_id = $1::uuid and principal_type = $2 and principal_id = $3::uuid`);

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Who has which role. Inline: the next request must be judged by it. */
@Projection({
  name: 'auth.role-assignments',
  version: 1,
  lifecycle: 'inline',
  events,
  tables: ['acci.role_assignments'],
})
export class RoleAssignmentsProjection implements ProjectionHandler<Event> {
  handle(event: ProjectedEvent<Event>, tx: Transaction): void {
    const { tenantId, streamId } = event;
    switch (event.type) {
      case 'auth.user.role_assigned':
      case 'auth.group.role_assigned':
      case 'auth.api_key.role_assigned':
      case 'auth.service_account.role_assigned':
        tx.execute(assign, [tenantId, principalOf(event.type), streamId, event.data.roleId, null]);
        return;
      case 'auth.user.role_revoked':
      case 'auth.group.role_revoked':
      case 'auth.api_key.role_revoked':
      case 'auth.service_account.role_revoked':
        tx.execute(revoke, [tenantId, principalOf(event.type), streamId, event.data.roleId]);
        return;
      case 'auth.user.deleted':
      case 'auth.group.deleted':
      case 'auth.api_key.revoked':
      case 'auth.service_account.deleted':
        tx.execute(revokeAll, [tenantId, principalOf(event.type), streamId]);
        return;
      case 'auth.guest.role_assigned': {
        const { userId, roleId, homeTenantId } = event.data;
        tx.execute(assign, [tenantId, 'guest', userId, roleId, homeTenantId]);
        return;
      }
      case 'auth.guest.role_revoked':
        tx.execute(revoke, [tenantId, 'guest', event.data.userId, event.data.roleId]);
        return;
      case 'acci.subject.forgotten':
        if (uuid.test(event.data.subject)) tx.execute(revokeAll, [tenantId, 'user', event.data.subject]);
        return;
      default:
        unhandledEvent(event);
    }
  }
}

/** `user` of `auth.user.role_assigned`. */
function principalOf(type: string): string {
  return type.split('.')[1] as string;
}
