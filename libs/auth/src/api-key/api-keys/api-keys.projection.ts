import { prepared, type Transaction } from '@acci/database';
import { Projection, type ProjectedEvent, type ProjectionHandler } from '@acci/projections';
import { ApiKeyCreated, ApiKeyRevoked, ApiKeyRotated } from '../api-key.events.js';

type Event = ApiKeyCreated | ApiKeyRotated | ApiKeyRevoked;

const insert = prepared(`
  insert into acci.api_keys
         (tenant_id, id, name, permissions, expires_at, created_at, address_ranges, owner_type, owner_id)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`);
const rotate = prepared(`
  update acci.api_keys set rotated_at = $3, previous_until = $4 where tenant_id = $1 and id = $2`);
const revoke = prepared('update acci.api_keys set revoked_at = $3 where tenant_id = $1 and id = $2');

/** Lists a tenant's keys. When they were last used is no fact worth an event, and stands with their secrets. */
@Projection({
  name: 'auth.api-keys',
  version: 1,
  lifecycle: 'inline',
  events: [ApiKeyCreated, ApiKeyRotated, ApiKeyRevoked],
  tables: ['acci.api_keys'],
})
export class ApiKeysProjection implements ProjectionHandler<Event> {
  handle(event: ProjectedEvent<Event>, tx: Transaction): void {
    const { tenantId, streamId, recordedAt } = event;
    switch (event.type) {
      case 'auth.api_key.created': {
        const { name, permissions, expiresAt, addressRanges, owner } = event.data;
        const values = [addressRanges, owner?.type ?? null, owner?.id ?? null];
        tx.execute(insert, [tenantId, streamId, name, permissions, expiresAt, recordedAt, ...values]);
        return;
      }
      case 'auth.api_key.rotated':
        tx.execute(rotate, [tenantId, streamId, recordedAt, event.data.previousUntil]);
        return;
      case 'auth.api_key.revoked':
        tx.execute(revoke, [tenantId, streamId, recordedAt]);
    }
  }
}
