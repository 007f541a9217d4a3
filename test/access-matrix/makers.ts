import { uuidv7 } from '@acci/database';
import { createTenants } from '@acci/tenancy/testing';
import { aDeadLetter } from '../openapi/dead-letters.js';
import { aProjection } from '../openapi/projection-states.js';
import type { ApiUnderTest } from '../setup/api-under-test.js';
import type { Maker } from './requests.js';
import type { TenantWithAdmin, World } from './world.js';

/** Makes what no `POST` of its own collection does: a new route of such a kind asks for one more here. */
export function makersFor(api: ApiUnderTest, world: () => World): Record<string, Maker> {
  const created = async (
    { admin }: Pick<TenantWithAdmin, 'admin'>,
    path: string,
    body: object,
  ): Promise<string> => {
    const init = { method: 'POST', headers: admin.headers, body: JSON.stringify(body) };
    const answer = await api.fetch(path, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${text}`);
    return (JSON.parse(text) as { id: string }).id;
  };
  return {
    '/v1/tenants/{id}': async ({ id }) => id,
    '/v1/tenants/{id}/erasure': async () => {
      const [id = ''] = await createTenants(api.app, 1);
      await api.fetch(`/v1/tenants/${id}?gracePeriodDays=0`, { method: 'DELETE' });
      await api.fetch(`/v1/tenants/${id}/purge`, { method: 'POST' });
      return id;
    },
    '/v1/projections/{name}': () => aProjection(api.db),
    '/v1/dead-letters/{id}': ({ id }) => aDeadLetter(api.db, id),
    '/v1/event-streams/{type}/{id}': (owner) =>
      created(owner, '/v1/api-keys', { name: 'A key', permissions: ['auth.api_keys.read'] }),
    // Another one than that of whoever asks: it is ended, and they go on asking.
    '/v1/auth/sessions/{id}': async (owner) => (await world().session(owner)).sessionId,
    '/v1/service-accounts/{id}/credentials/{credentialId}': async (owner, idOf) => {
      const account = await idOf('/v1/service-accounts/{id}');
      return created(owner, `/v1/service-accounts/${account}/secrets`, { name: 'A secret' });
    },
    '/v1/impersonations/{id}': ({ id }) =>
      created({ admin: { name: 'operator', headers: {} } }, `/v1/tenants/${id}/impersonations`, {
        reason: 'To see who may end this',
        durationMinutes: 5,
      }),
    '/v1/me/identity-links/{id}': async ({ id, owner }) => {
      const link = uuidv7();
      const { stranger } = world();
      await api.db.admin(
        `insert into acci.identity_links (tenant_id, id, user_id, other_tenant_id, other_user_id)
         values ($1, $2, $3, $4, $5)`,
        [id, link, owner.userId, stranger.id, stranger.owner.userId],
      );
      return link;
    },
    // Guests are users of a tenant above. The victim's own may be guests of the child, and nobody else's.
    '/v1/guests/{userId}': async ({ id }) =>
      id === world().victim.id ? uuidv7() : world().parent.owner.userId,
  };
}
