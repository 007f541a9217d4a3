import { afterMigrate, migrations, PlatformModule, readConfig } from '@acci/api';
import { issueKey } from '@acci/auth/testing';
import { uuidv7 } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import { TenantTransfer } from '@acci/event-store';
import { ProjectionRegistry } from '@acci/projections';
import { drain, rebuildNow } from '@acci/projections/testing';
import { ImportTenantEvents, PLATFORM_TENANT_ID } from '@acci/tenancy';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { seedDemo } from '../scripts/demo.ts';
import { ApiUnderTest } from './setup/api-under-test.js';

let here: ApiUnderTest;
let there: ApiUnderTest;
let acme: string;

beforeAll(async () => {
  [here, there] = await Promise.all([ApiUnderTest.start(), ApiUnderTest.start()]);
  acme = await made(here, '/v1/tenants', { slug: 'mover', name: 'Acme', settings: { locale: 'de-CH' } });
  const labs = await made(here, '/v1/tenants', { slug: 'mover-labs', name: 'Labs', parentId: acme });
  const gone = await made(here, '/v1/tenants', { slug: 'gone', name: 'Gone' });
  await here.fetch(`/v1/tenants/${gone}?gracePeriodDays=30`, { method: 'DELETE' });
  for (const tenantId of [acme, labs]) {
    await issueKey(here.app, { tenantId, name: 'Reader' });
    const { id, key } = await issueKey(here.app, { tenantId, name: 'Revoked' });
    await here.fetch(`/v1/api-keys/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${key}` } });
  }
  await made(here, `/v1/tenants/${labs}/suspend`, { reason: 'unpaid' });
  await seedDemo(here.app);
  await made(here, '/v1/service-accounts', { name: 'Nightly export' });
});
afterAll(() => Promise.all([here.close(), there.close()]));

async function made(api: ApiUnderTest, path: string, body: object): Promise<string> {
  const answer = await api.fetch(path, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { id: string }).id;
}

async function exported(tenantId: string): Promise<string> {
  return (await here.fetch(`/v1/tenants/${tenantId}/export?includePersonalData=true`)).text();
}

function imported(tenantId: string, body: string): Promise<Response> {
  const headers = { 'content-type': 'application/x-ndjson' };
  return there.fetch(`/v1/tenants/${tenantId}/import`, { method: 'POST', headers, body });
}

describe('a tenant that moves from one server to another', () => {
  it('is refused while its export is not whole, and then there', async () => {
    const text = await exported(acme);
    const moved = await made(there, '/v1/tenants', { slug: 'acme', name: 'Acme' });

    const truncated = await imported(moved, text.slice(0, text.lastIndexOf('{"kind":"manifest"')));
    expect(truncated.status).toBe(422);
    expect(await truncated.json()).toMatchObject({ code: 'event_store.transfer.truncated' });
    const changed = await imported(moved, text.replace('"Reader"', '"Writer"'));
    expect(await changed.json()).toMatchObject({ code: 'event_store.transfer.damaged' });

    const answer = await imported(moved, text);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ events: 3, streams: 2, sourceTenantId: acme });
    const again = await imported(moved, text);
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ code: 'event_store.transfer.tenant_not_empty' });

    const min = { 'min-event-position': answer.headers.get('event-position') ?? '' };
    const { key } = await issueKey(there.app, { tenantId: moved, name: 'Its first there' });
    const headers = { ...min, authorization: `Bearer ${key}` };
    const keys = await there.fetch('/v1/api-keys', { headers });
    const names = ((await keys.json()) as { items: { name: string }[] }).items.map(({ name }) => name);
    expect(names.toSorted()).toEqual(['Its first there', 'Reader', 'Revoked']);
  });

  it('comes too late if it is purged while its export arrives', async () => {
    const [text, purged] = [
      await exported(acme),
      await made(there, '/v1/tenants', { slug: 'late', name: 'Late' }),
    ];
    const arriving = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from(text.slice(0, 100));
      await there.fetch(`/v1/tenants/${purged}?gracePeriodDays=0`, { method: 'DELETE' });
      await there.fetch(`/v1/tenants/${purged}/purge`, { method: 'POST' });
      yield Buffer.from(text.slice(100));
    };
    const ctx = { tenantId: PLATFORM_TENANT_ID, actor: 'test', correlationId: 'late' };
    const importing = there.app.get(CommandBus).execute(new ImportTenantEvents(ctx, purged, arriving()));
    await expect(importing).rejects.toMatchObject({ code: 'tenancy.tenant.not_found' });
    expect(await there.db.admin('select from acci.event_log where tenant_id = $1', [purged])).toEqual([]);
  });

  it('is nobody’s business but the platform’s', async () => {
    const { key } = await issueKey(here.app, { tenantId: acme, permissions: ['tenancy.*'] });
    const answer = await here.fetch(`/v1/tenants/${acme}/export`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(answer.status).toBe(403);
    expect((await here.fetch(`/v1/tenants/${uuidv7()}/export`)).status).toBe(404);
  });
});

/** Every row of every projection, after a rebuild from the events. */
async function rebuilt(app: INestApplicationContext, db: TestDatabase): Promise<Record<string, unknown>> {
  const projections = app
    .get(ProjectionRegistry)
    .list('inline')
    .concat(app.get(ProjectionRegistry).list('async'));
  for (const { name } of projections) await rebuildNow(app, name);
  await drain(app);
  const tables: Record<string, unknown> = {};
  for (const table of projections.flatMap(({ tables }) => tables)) {
    tables[table] = await db.admin(`select to_jsonb(t) as row from ${table} as t order by to_jsonb(t)::text`);
  }
  return tables;
}

it('every projection rebuilt from imported events equals the source', async () => {
  const db = await TestDatabase.create({ migrations, afterMigrate });
  const config = readConfig({ NODE_ENV: 'test', LOG_LEVEL: 'silent', DATABASE_URL: db.urls.app });
  const app = await NestFactory.createApplicationContext(
    PlatformModule.forRoot(config, { urls: db.urls }, 'test'),
    { logger: false, abortOnError: false },
  );
  const tenants = await here.db.admin<{ id: string }>('select distinct tenant_id as id from acci.events');
  expect(tenants.map(({ id }) => id)).toContain(PLATFORM_TENANT_ID);
  expect(tenants.length).toBeGreaterThan(3);
  const encoder = new TextEncoder();
  for (const { id: tenantId } of tenants) {
    const ctx = { tenantId, actor: 'test', correlationId: 'move' };
    const lines = here.app.get(TenantTransfer).export(ctx, { includePersonalData: true });
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      for await (const line of lines) yield encoder.encode(line);
    };
    await app.get(TenantTransfer).import(ctx, bytes());
  }
  await drain(app);
  const copy = await rebuilt(app, db);
  expect(Object.keys(copy).length).toBeGreaterThan(1);
  const empty = Object.keys(copy).filter((table) => (copy[table] as unknown[]).length === 0);
  expect(empty).toEqual([]);
  expect(copy).toEqual(await rebuilt(here.app, here.db));
  await app.close();
  await db.close();
});
