import { prepared, type Transaction } from '@acci/database';
import { unhandledEvent } from '@acci/event-store';
import { Projection, type ProjectedEvent, type ProjectionHandler } from '@acci/projections';
import { type RoleEvent, roleEvents } from '../role.events.js';

const insert = prepared(`
  insert into acci.roles (tenant_id, id, name, description, permissions, condition, version, created_at, updated_at)
  values ($1::uuid, $2, $5, $6, $7, $8::jsonb, $3, $4::timestamptz, $4::timestamptz)`);
const change = prepared(`
  update acci.roles
     set name = coalesce($5, name),
         description = case when $6::boolean then $7 else description end,
         permissions = coalesce($8::text[], permissions),
         condition = case when $9::boolean then $10::jsonb else condition end,
         version = $3, updated_at = $4::timestamptz
   where tenant_id = $1::uuid and id = $2`);
const remove = prepared('delete from acci.roles where tenant_id = $1::uuid and id = $2');

/** One row for each role of a tenant's own making. Inline: the next request must be judged by it. */
@Projection({
  name: 'auth.roles',
  version: 1,
  lifecycle: 'inline',
  events: roleEvents,
  tables: ['acci.roles'],
})
export class RolesProjection implements ProjectionHandler<RoleEvent> {
  handle(event: ProjectedEvent<RoleEvent>, tx: Transaction): void {
    const { tenantId, streamId, version, recordedAt } = event;
    const row = [tenantId, streamId, version, recordedAt];
    switch (event.type) {
      case 'auth.role.created': {
        const { name, description, permissions, condition } = event.data;
        tx.execute(insert, [...row, name, description, permissions, condition]);
        return;
      }
      case 'auth.role.changed': {
        const { name, description, permissions, condition } = event.data;
        const changed = [description !== undefined, description ?? null, permissions ?? null];
        const tests = [condition !== undefined, condition ?? null];
        tx.execute(change, [...row, name?.to ?? null, ...changed, ...tests]);
        return;
      }
      case 'auth.role.deleted':
        tx.execute(remove, [tenantId, streamId]);
        return;
      default:
        unhandledEvent(event);
    }
  }
}
