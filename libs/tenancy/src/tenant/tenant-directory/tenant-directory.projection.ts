import { prepared, type PreparedStatement, type Transaction } from '@acci/database';
import { unhandledEvent } from '@acci/event-store';
import { Projection, type ProjectedEvent, type ProjectionHandler } from '@acci/projections';
import { tenantEvents, type TenantEvent } from '../tenant.events.js';

const insert = prepared(`
  insert into acci.tenant_directory
         (tenant_id, id, slug, name, plan, home_region, settings, parent_id, status, version, created_at, updated_at)
  values ($1::uuid, $2::uuid, $5, $6, $7, $8, $9::jsonb, $10::uuid, 'active', $3, $4::timestamptz, $4::timestamptz)`);

/** Every other event changes the row of its tenant, and every change is seen in the version. */
function update(assignments: string): PreparedStatement {
  return prepared(`
    update acci.tenant_directory set ${assignments}, version = $3, updated_at = $4::timestamptz
     where tenant_id = $1::uuid and id = $2::uuid`);
}

const rename = update('name = $5');
const changeSettings = update('settings = (settings || $5::jsonb) - $6::text[]');
const changePlan = update('plan = $5');
const changeHomeRegion = update('home_region = $5');
const move = update('parent_id = $5::uuid');
const suspend = update(`status = 'suspended', suspension_reason = $5`);
const reactivate = update(`status = 'active', suspension_reason = null`);
const scheduleDeletion = update(
  `status = 'deletion_scheduled', deletion_due_at = $5::timestamptz, deletion_reason = $6`,
);
const cancelDeletion = update(
  `status = case when suspension_reason is null then 'active' else 'suspended' end,
   deletion_due_at = null, deletion_reason = null`,
);

const remove = prepared('delete from acci.tenant_directory where tenant_id = $1::uuid and id = $2::uuid');

/**
 * One row for each tenant. Inline, because the next request must see it: that a tenant exists, and that it is
 * suspended.
 */
@Projection({
  name: 'tenancy.tenant-directory',
  version: 1,
  lifecycle: 'inline',
  events: tenantEvents,
  tables: ['acci.tenant_directory'],
})
export class TenantDirectoryProjection implements ProjectionHandler<TenantEvent> {
  handle(event: ProjectedEvent<TenantEvent>, tx: Transaction): void {
    const { tenantId, streamId, version, recordedAt } = event;
    const apply = (statement: PreparedStatement, ...values: readonly unknown[]): void => {
      tx.execute(statement, [tenantId, streamId, version, recordedAt, ...values]);
    };
    switch (event.type) {
      case 'tenancy.tenant.created': {
        const { slug, name, plan, homeRegion, settings, parentId } = event.data;
        return apply(insert, slug, name, plan, homeRegion, settings, parentId);
      }
      case 'tenancy.tenant.renamed':
        return apply(rename, event.data.name);
      case 'tenancy.tenant.settings_changed': {
        const { changes } = event.data;
        return apply(
          changeSettings,
          changes,
          Object.keys(changes).filter((name) => changes[name] === null),
        );
      }
      case 'tenancy.tenant.plan_changed':
        return apply(changePlan, event.data.plan);
      case 'tenancy.tenant.home_region_changed':
        return apply(changeHomeRegion, event.data.homeRegion);
      case 'tenancy.tenant.moved':
        return apply(move, event.data.parentId);
      case 'tenancy.tenant.suspended':
        return apply(suspend, event.data.reason);
      case 'tenancy.tenant.reactivated':
        return apply(reactivate);
      case 'tenancy.tenant.deletion_scheduled':
        return apply(scheduleDeletion, event.data.dueAt, event.data.reason);
      case 'tenancy.tenant.deletion_cancelled':
        return apply(cancelDeletion);
      case 'tenancy.tenant.purged':
        tx.execute(remove, [tenantId, streamId]);
        return;
      default:
        unhandledEvent(event);
    }
  }
}
