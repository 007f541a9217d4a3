import { prepared, type Transaction } from '@acci/database';
import { unhandledEvent } from '@acci/event-store';
import { Projection, type ProjectedEvent, type ProjectionHandler } from '@acci/projections';
import { type ServiceAccountEvent, serviceAccountEvents } from '../service-account.events.js';

const insert = prepared(`
  insert into acci.service_accounts (tenant_id, id, version, created_at, updated_at, name, description, permissions)
  values ($1::uuid, $2::uuid, $3, $4::timestamptz, $4::timestamptz, $5, $6, $7)`);

/** Every other event changes the row of its account, and every change is seen in the version. */
const update = (assignments = '') =>
  prepared(`
    update acci.service_accounts set ${assignments}version = $3, updated_at = $4::timestamptz
     where tenant_id = $1::uuid and id = $2::uuid`);

const change = update(
  `name = coalesce($5, name), permissions = coalesce($6::text[], permissions),
   description = case when $7::boolean then $8 else description end, `,
);
const disable = update('disabled_at = $4::timestamptz, ');
const enable = update('disabled_at = null, ');
const touch = update();
const remove = prepared('delete from acci.service_accounts where tenant_id = $1::uuid and id = $2::uuid');

/** One row for each service account. Inline: the next request must be judged by it. */
@Projection({
  name: 'auth.service-accounts',
  version: 1,
  lifecycle: 'inline',
  events: [...serviceAccountEvents],
  tables: ['acci.service_accounts'],
})
export class ServiceAccountsProjection implements ProjectionHandler<ServiceAccountEvent> {
  handle(event: ProjectedEvent<ServiceAccountEvent>, tx: Transaction): void {
    const { tenantId, streamId, version, recordedAt } = event;
    const row = [tenantId, streamId, version, recordedAt];
    switch (event.type) {
      case 'auth.service_account.created': {
        const { name, description, permissions } = event.data;
        tx.execute(insert, [...row, name, description, permissions]);
        return;
      }
      case 'auth.service_account.changed': {
        const { name, description, permissions } = event.data;
        const described = [description !== undefined, description ?? null];
        tx.execute(change, [...row, name?.to ?? null, permissions ?? null, ...described]);
        return;
      }
      case 'auth.service_account.disabled':
        tx.execute(disable, row);
        return;
      case 'auth.service_account.enabled':
        tx.execute(enable, row);
        return;
      case 'auth.service_account.credential_added':
      case 'auth.service_account.credential_revoked':
      case 'auth.service_account.role_assigned':
      case 'auth.service_account.role_revoked':
        tx.execute(touch, row);
        return;
      case 'auth.service_account.deleted':
        tx.execute(remove, [tenantId, streamId]);
        return;
      default:
        unhandledEvent(event);
    }
  }
}
