import { prepared, type Transaction } from '@acci/database';
import { Projection, type ProjectedEvent, type ProjectionHandler } from '@acci/projections';
import { ApiKeyCreated, ApiKeyRevoked } from '../api-key.events.js';

const insert = prepared(`
  insert into acci.api_keys (tenant_id, id, name, permissions, expires_at, created_at)
  values ($1, $2, $3, $4, $5, $6)`);
const revoke = prepared('update acci.api_keys set revoked_at = $3 where tenant_id = $1 and id = $2');

/** Lists a tenant's keys. When they were last used is no fact worth an event, and stands with their secrets. */
@Projection({
  name: 'auth.api-keys',
  version: 1,
  lifecycle: 'inline',
  events: [ApiKeyCreated, ApiKeyRevoked],
  tables: ['acci.api_keys'],
})
export class ApiKeysProjection implements ProjectionHandler<ApiKeyCreated | ApiKeyRevoked> {
  handle(event: ProjectedEvent<ApiKeyCreated | ApiKeyRevoked>, tx: Transaction): void {
    const { tenantId, streamId, recordedAt } = event;
    switch (event.type) {
      case 'auth.api_key.created': {
        const { name, permissions, expiresAt } = event.data;
        tx.execute(insert, [tenantId, streamId, name, permissions, expiresAt, recordedAt]);
        return;
      }
      case 'auth.api_key.revoked':
        tx.execute(revoke, [tenantId, streamId, recordedAt]);
    }
  }
}
