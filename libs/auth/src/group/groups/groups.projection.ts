import { prepared, type Transaction } from '@acci/database';
import { SubjectWasForgotten, unhandledEvent } from '@acci/event-store';
import { Projection, type ProjectedEvent, type ProjectionHandler } from '@acci/projections';
import { UserDeleted } from '../../user/user.events.js';
import { type GroupEvent, groupEvents } from '../group.events.js';

type Event = GroupEvent | UserDeleted | SubjectWasForgotten;

const insert = prepared(`
  insert into acci.groups (tenant_id, id, name, description, version, created_at, updated_at)
  values ($1::uuid, $2::uuid, $5, $6, $3, $4::timestamptz, $4::timestamptz)`);
const change = prepared(`
  update acci.groups
     set name = coalesce($5, name), description = case when $6::boolean then $7 else description end,
         version = $3, updated_at = $4::timestamptz
   where tenant_id = $1::uuid and id = $2::uuid`);
const touch = prepared(`
  update acci.groups set version = $3, updated_at = $4::timestamptz where tenant_id = $1::uuid and id = $2::uuid`);
const remove = prepared('delete from acci.groups where tenant_id = $1::uuid and id = $2::uuid');

const addMember = prepared(`
  insert into acci.group_members (tenant_id, group_id, user_id) values ($1::uuid, $2::uuid, $3::uuid)`);
const removeMember = prepared(`
  delete from acci.group_members where tenant_id = $1::uuid and group_id = $2::uuid and user_id = $3::uuid`);
const removeMembers = prepared(
  'delete from acci.group_members where tenant_id = $1::uuid and group_id = $2::uuid',
);
const removeUser = prepared(
  'delete from acci.group_members where tenant_id = $1::uuid and user_id = $2::uuid',
);

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** One row for each group and each member. Inline: the next request must be judged by it. */
@Projection({
  name: 'auth.groups',
  version: 1,
  lifecycle: 'inline',
  events: [...groupEvents, UserDeleted, SubjectWasForgotten],
  tables: ['acci.groups', 'acci.group_members'],
})
export class GroupsProjection implements ProjectionHandler<Event> {
  handle(event: ProjectedEvent<Event>, tx: Transaction): void {
    const { tenantId, streamId, version, recordedAt } = event;
    const row = [tenantId, streamId, version, recordedAt];
    switch (event.type) {
      case 'auth.group.created':
        tx.execute(insert, [...row, event.data.name, event.data.description]);
        return;
      case 'auth.group.changed': {
        const { name, description } = event.data;
        tx.execute(change, [...row, name?.to ?? null, description !== undefined, description ?? null]);
        return;
      }
      case 'auth.group.member_added':
        tx.execute(touch, row);
        tx.execute(addMember, [tenantId, streamId, event.data.userId]);
        return;
      case 'auth.group.member_removed':
        tx.execute(touch, row);
        tx.execute(removeMember, [tenantId, streamId, event.data.userId]);
        return;
      case 'auth.group.role_assigned':
      case 'auth.group.role_revoked':
        tx.execute(touch, row);
        return;
      case 'auth.group.deleted':
        tx.execute(removeMembers, [tenantId, streamId]);
        tx.execute(remove, [tenantId, streamId]);
        return;
      case 'auth.user.deleted':
        tx.execute(removeUser, [tenantId, streamId]);
        return;
      case 'acci.subject.forgotten':
        if (uuid.test(event.data.subject)) tx.execute(removeUser, [tenantId, event.data.subject]);
        return;
      default:
        unhandledEvent(event);
    }
  }
}
