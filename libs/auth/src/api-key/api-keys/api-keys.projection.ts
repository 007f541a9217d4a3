import { prepared, type Transaction } from '@acci/database';
import { unhandledEvent } from '@acci/event-store';
import { Projection, type ProjectedEvent, type ProjectionHandler } from '@acci/projections';
import { type ApiKeyEvent, apiKeyEvents } from '../api-key.events.js';

const insert = prepared(`
  insert into acci.api_keys
         (tenant_id, id, version, created_at, name, permissions, expires_at, address_ranges, owner_type, owner_id)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`);

/** Every other event changes the row of its key, and every change is seen in the version. */
const update = (assignments = '') =>
  prepared(`update acci.api_keys set ${assignments}version = $3 where tenant_id = $1 and id = $2`);

const change = update('name = coalesce($4, name), address_ranges = coalesce($5::text[], address_ranges), ');
const rotate = update('rotated_at = $4, previous_until = $5, ');
const revoke = update('revoked_at = $4, ');
const touch = update();

/** Lists a tenant's keys. When they were last used is no fact worth an event, and stands with their secrets. */
@Projection({
  name: 'auth.api-keys',
  version: 2,
  lifecycle: 'inline',
  events: [...apiKeyEvents],
  tables: ['acci.api_keys'],
})
export class ApiKeysProjection implements ProjectionHandler<ApiKeyEvent> {
  handle(event: ProjectedEvent<ApiKeyEvent>, tx: Transaction): void {
    const { tenantId, streamId, version, recordedAt } = event;
    const row = [tenantId, streamId, version];
    switch (event.type) {
      case 'auth.api_key.created': {
        const { name, permissions, expiresAt, addressRanges, owner } = event.data;
        const values = [name, permissions, expiresAt, addressRanges, owner?.type ?? null, owner?.id ?? null];
        tx.execute(insert, [...row, recordedAt, ...values]);
        return;
      }
      case 'auth.api_key.changed':
        tx.execute(change, [...row, event.data.name ?? null, event.data.addressRanges ?? null]);
        return;
      case 'auth.api_key.rotated':
        tx.execute(rotate, [...row, recordedAt, event.data.previousUntil]);
        return;
      case 'auth.api_key.revoked':
        tx.execute(revoke, [...row, recordedAt]);
        return;
      case 'auth.api_key.secret_replaced':
      case 'auth.api_key.role_assigned':
      case 'auth.api_key.role_revoked':
        tx.execute(touch, row);
        return;
      default:
        unhandledEvent(event);
    }
  }
}
