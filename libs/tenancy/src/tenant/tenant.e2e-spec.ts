import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import type { Page } from '@acci/rest';
import { readProblem } from '@acci/rest/testing';
import {
  CreateTenantRequest,
  type TenantErasureResponse,
  type TenantHistoryItem,
  type TenantResponse,
} from '../index.js';
import { adapters, createTestDatabase, TestServer } from '../spec-support/test-app.js';
import { aTenant } from '../testing.js';
import { TenantErasure } from './tenant-erasure/tenant-erasure.js';
import * as erasureSchemas from './tenant-erasure/tenant-erasure.schemas.js';
import * as importSchemas from './tenant-import/tenant-import.schemas.js';
import * as schemas from './tenant.schemas.js';

describe.each(adapters)('tenants over HTTP on %s', (adapter) => {
  let db: TestDatabase;
  let server: TestServer;

  beforeAll(async () => {
    db = await createTestDatabase();
    server = await TestServer.start(adapter, db);
  });
  afterAll(async () => {
    await server.close();
    await db.close();
  });

  const make = async (overrides: Partial<CreateTenantRequest> = {}): Promise<string> => {
    const response = await server.send('POST', '/v1/tenants', aTenant(overrides));
    expect(response.status).toBe(201);
    return ((await response.json()) as { id: string }).id;
  };
  const get = (id: string) => server.json<TenantResponse>(`/v1/tenants/${id}`);

  describe('POST /v1/tenants', () => {
    it('makes a tenant, and says where it is and how it stands', async () => {
      const body = {
        slug: `acme-${uuidv7()}`,
        name: ' Acme Ltd ',
        plan: 'standard',
        settings: { locale: 'de-CH' },
      };
      const response = await server.send('POST', '/v1/tenants', body);
      expect(response.status).toBe(201);
      const { id, version } = (await response.json()) as { id: string; version: number };
      expect(version).toBe(1);
      expect(response.headers.get('location')).toBe(`/v1/tenants/${id}`);
      expect(response.headers.get('etag')).toBe('"1"');
      expect(response.headers.get('event-position')).toMatch(/^\d+\.\d+\.\d+$/);
      expect(await get(id)).toMatchObject({
        slug: body.slug,
        name: 'Acme Ltd',
        plan: 'standard',
        homeRegion: 'eu',
        settings: { locale: 'de-CH', timeZone: 'UTC', currency: 'EUR' },
      });
    });

    it('makes one, however often a request with one key is sent', async () => {
      const body = aTenant();
      const key = { 'idempotency-key': uuidv7() };
      const first = await server.send('POST', '/v1/tenants', body, key);
      const again = await server.send('POST', '/v1/tenants', body, key);
      expect(again.status).toBe(201);
      expect(await again.text()).toBe(await first.text());
      expect(again.headers.get('location')).toBe(first.headers.get('location'));
      const other = await server.send('POST', '/v1/tenants', aTenant(), key);
      expect(other.status).toBe(422);
    });

    it('gives one slug to exactly one of fifty', async () => {
      const body = aTenant();
      const responses = await Promise.all(
        Array.from({ length: 50 }, () => server.send('POST', '/v1/tenants', body)),
      );
      expect(responses.filter(({ status }) => status === 201)).toHaveLength(1);
      for (const response of responses.filter(({ status }) => status !== 201)) {
        expect(await readProblem(response)).toMatchObject({ status: 409, code: 'tenancy.slug.taken' });
      }
    });

    it.each([
      [{ slug: 'www' }, 422, 'tenancy.slug.reserved'],
      [{ plan: 'gold' }, 422, 'tenancy.plan.unknown'],
      [{ homeRegion: 'moon' }, 422, 'tenancy.region.unknown'],
      [{ settings: { currency: 'euro' } }, 422, 'tenancy.settings.invalid'],
      [{ settings: { colour: 'red' } }, 422, 'tenancy.settings.invalid'],
      [{ parentId: uuidv7() }, 422, 'tenancy.parent.not_found'],
      [{ slug: 'Acme' }, 400, 'request.invalid'],
      [{ slug: undefined }, 400, 'request.invalid'],
      [{ name: '   ' }, 400, 'request.invalid'],
      [{ more: true }, 400, 'request.invalid'],
    ])('refuses %j with %i %s', async (overrides, status, code) => {
      const response = await server.send('POST', '/v1/tenants', { ...aTenant(), ...overrides });
      expect(await readProblem(response)).toMatchObject({ status, code });
    });

    it('says where settings are wrong, and what could be had instead', async () => {
      const settings = await server.send(
        'POST',
        '/v1/tenants',
        aTenant({ settings: { timeZone: 'Mars/Base' } }),
      );
      expect((await readProblem(settings)).errors).toMatchObject([{ pointer: '/settings/timeZone' }]);
      const plan = await server.send('POST', '/v1/tenants', aTenant({ plan: 'gold' }));
      expect(await readProblem(plan)).toMatchObject({ offered: ['free', 'standard', 'enterprise'] });
    });
  });

  describe('PATCH /v1/tenants/{id}', () => {
    it('changes what is named, at the version that was seen', async () => {
      const id = await make({ settings: { locale: 'de' } });
      const change = {
        name: 'New',
        plan: 'enterprise',
        homeRegion: 'us',
        settings: { locale: null, currency: 'CHF' },
      };
      const changed = await server.send('PATCH', `/v1/tenants/${id}`, change, { 'if-match': '"1"' });
      expect(changed.status).toBe(200);
      expect(await changed.json()).toEqual({ id, version: 5 });
      expect(changed.headers.get('etag')).toBe('"5"');
      expect(await get(id)).toMatchObject({
        ...change,
        settings: { locale: 'en', currency: 'CHF', timeZone: 'UTC' },
        version: 5,
      });

      const stale = await server.send('PATCH', `/v1/tenants/${id}`, { name: 'Stale' }, { 'if-match': '"1"' });
      expect(await readProblem(stale)).toMatchObject({ status: 412, code: 'event_store.version.mismatch' });
      const same = await server.send('PATCH', `/v1/tenants/${id}`, { name: 'New' });
      expect(await same.json()).toEqual({ id, version: 5 });
      expect(same.headers.get('event-position')).toBeNull();
    });

    it('refuses nothing, too much, and what is not there', async () => {
      const id = await make();
      for (const body of [{}, { slug: 'other' }, { name: 1 }]) {
        const response = await server.send('PATCH', `/v1/tenants/${id}`, body);
        expect(await readProblem(response)).toMatchObject({ status: 400, code: 'request.invalid' });
      }
      const unknown = await server.send('PATCH', `/v1/tenants/${uuidv7()}`, { name: 'x' });
      expect(await readProblem(unknown)).toMatchObject({ status: 404, code: 'tenancy.tenant.not_found' });
    });
  });

  describe('GET /v1/tenants/{id}', () => {
    it('answers with the version as its tag, and not again what is known', async () => {
      const id = await make();
      const response = await server.fetch(`/v1/tenants/${id}`);
      expect(response.headers.get('etag')).toBe('"1"');
      const known = await server.fetch(`/v1/tenants/${id}`, { headers: { 'if-none-match': '"1"' } });
      expect(known.status).toBe(304);
    });

    it('refuses what is no id, and does not find what is not there', async () => {
      expect(await readProblem(await server.fetch('/v1/tenants/acme'))).toMatchObject({ status: 400 });
      expect(await readProblem(await server.fetch(`/v1/tenants/${uuidv7()}`))).toMatchObject({
        status: 404,
        code: 'tenancy.tenant.not_found',
      });
    });
  });

  describe('the life of a tenant', () => {
    it('goes through every act, and its history tells', async () => {
      const id = await make({ name: 'Long Life' });
      const parentId = await make();
      const act = async (method: string, path: string, body?: object): Promise<number> => {
        const response = await server.send(method, `/v1/tenants/${id}${path}`, body);
        if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
        expect(response.headers.get('event-position')).not.toBeNull();
        return response.status;
      };
      expect(await act('POST', '/suspend', { reason: 'unpaid' })).toBe(200);
      expect(await get(id)).toMatchObject({ status: 'suspended', suspensionReason: 'unpaid' });
      expect(await act('POST', '/reactivate')).toBe(200);
      expect(await act('POST', '/move', { parentId })).toBe(200);
      expect(await act('POST', '/move', { parentId: null })).toBe(200);
      expect(await act('DELETE', '?gracePeriodDays=0&reason=contract%20ended')).toBe(202);
      expect(await get(id)).toMatchObject({ status: 'deletion_scheduled', deletionReason: 'contract ended' });
      expect(await act('POST', '/restore')).toBe(200);
      expect(await get(id)).toMatchObject({ status: 'active', deletionDueAt: null });

      const history = await server.json<Page<TenantHistoryItem>>(`/v1/tenants/${id}/history?limit=5`);
      expect(history.items.map(({ version, summary }) => `${version} ${summary.split(' (')[0]}`)).toEqual([
        '1 Created as Long Life',
        '2 Suspended: unpaid',
        '3 Reactivated',
        `4 Moved below ${parentId}`,
        '5 Moved to the top',
      ]);
      expect(history.items[1]).toMatchObject({
        type: 'tenancy.tenant.suspended',
        actor: 'key:test',
        data: { reason: 'unpaid' },
      });
      const rest = await server.json<Page<TenantHistoryItem>>(
        `/v1/tenants/${id}/history?limit=5&cursor=${history.next}`,
      );
      expect(rest).toMatchObject({
        items: [{ version: 6 }, { version: 7, summary: 'Deletion cancelled' }],
        next: null,
      });

      await act('DELETE', '?gracePeriodDays=0');
      const purged = await server.send('POST', `/v1/tenants/${id}/purge`);
      expect(purged.status).toBe(202);
      expect(purged.headers.get('location')).toBe(`/v1/tenants/${id}/erasure`);
      expect((await server.fetch(`/v1/tenants/${id}`)).status).toBe(404);
      await server.app.get(TenantErasure, { strict: false }).run(id);
      const receipt = await server.json<TenantErasureResponse>(`/v1/tenants/${id}/erasure`);
      expect(receipt).toMatchObject({
        id,
        completedAt: expect.any(String) as string,
        erasedRows: { 'acci.events': 8 },
      });
      const tombstone = await server.json<Page<TenantHistoryItem>>(`/v1/tenants/${id}/history`);
      expect(tombstone.items).toMatchObject([{ version: 9, summary: 'Purged' }]);
    });

    it('refuses what does not fit', async () => {
      const parentId = await make();
      const id = await make({ parentId });
      const refused = async (method: string, path: string, body?: object) =>
        (await readProblem(await server.send(method, `/v1/tenants/${path}`, body))).code;
      expect(await refused('POST', `${id}/reactivate`)).toBe('tenancy.tenant.not_suspended');
      expect(await refused('POST', `${id}/restore`)).toBe('tenancy.tenant.not_awaiting_deletion');
      expect(await refused('POST', `${id}/purge`)).toBe('tenancy.tenant.not_awaiting_deletion');
      expect(await refused('POST', `${parentId}/move`, { parentId: id })).toBe('tenancy.hierarchy.cycle');
      expect(await refused('POST', `${id}/move`, { parentId: uuidv7() })).toBe('tenancy.parent.not_found');
      expect(await refused('DELETE', parentId)).toBe('tenancy.tenant.has_children');
      expect(await refused('POST', `${id}/suspend`, {})).toBe('request.invalid');
      expect(await refused('DELETE', `${id}?gracePeriodDays=-1`)).toBe('request.invalid');
      expect(await refused('GET', `${id}/erasure`)).toBe('tenancy.erasure.not_found');
      expect(await refused('GET', `${uuidv7()}/history`)).toBe('tenancy.tenant.not_found');
      await server.send('DELETE', `/v1/tenants/${id}`);
      expect(await refused('POST', `${id}/purge`)).toBe('tenancy.tenant.grace_period_running');
      expect(await refused('PATCH', id, { name: 'x' })).toBe('tenancy.tenant.awaits_deletion');
      expect(await refused('POST', `${id}/suspend`, { reason: 'x' })).toBe('tenancy.tenant.awaits_deletion');
    });

    it.each(['suspend', 'reactivate', 'move', 'restore', 'purge'])('takes If-Match on %s', async (act) => {
      const id = await make();
      const body = { suspend: { reason: 'x' }, move: { parentId: null } }[act];
      const response = await server.send('POST', `/v1/tenants/${id}/${act}`, body, { 'if-match': '"7"' });
      expect(await readProblem(response)).toMatchObject({
        status: 412,
        code: 'event_store.version.mismatch',
      });
    });
  });

  describe('who may', () => {
    it.each([
      ['POST', '', 'create'],
      ['GET', '', 'read'],
      ['GET', '/ID', 'read'],
      ['GET', '/ID/history', 'read'],
      ['GET', '/ID/erasure', 'read'],
      ['PATCH', '/ID', 'change'],
      ['POST', '/ID/suspend', 'suspend'],
      ['POST', '/ID/reactivate', 'suspend'],
      ['POST', '/ID/move', 'move'],
      ['DELETE', '/ID', 'delete'],
      ['POST', '/ID/restore', 'delete'],
      ['POST', '/ID/purge', 'purge'],
      ['POST', ':import', 'import'],
    ])(
      '%s /v1/tenants%s needs its permission, an identity, and the platform’s',
      async (method, path, verb) => {
        const target = `/v1/tenants${path.replace('ID', await make())}`;
        const body = method === 'GET' || method === 'DELETE' ? undefined : {};
        const ask = (headers: Record<string, string>) =>
          server.send(method, target, body, {
            ...(verb === 'import' && { 'content-type': 'text/csv' }),
            ...headers,
          });
        expect((await ask({ 'x-without': `tenancy.tenants.${verb}` })).status).toBe(403);
        const foreign = await ask({ authorization: `Bearer ${await make()}` });
        expect(await readProblem(foreign)).toMatchObject({ status: 403, code: 'tenancy.platform.required' });
        expect((await ask({ authorization: '' })).status).toBe(403);
      },
    );
  });
});

it('documents examples that are what they are examples of', () => {
  for (const schema of Object.values({ ...schemas, ...erasureSchemas, ...importSchemas })) {
    const examples = (schema.meta()?.examples ?? []) as unknown[];
    for (const example of examples) schema.parse(example);
  }
  expect(CreateTenantRequest.meta()?.examples).toHaveLength(1);
});
