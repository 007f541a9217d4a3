import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { EventStore } from '@acci/event-store';
import { rebuildNow } from '@acci/projections/testing';
import {
  ChangeTenant,
  CreateTenant,
  ErasureBlocked,
  GetTenantErasure,
  GetTenantHistory,
  PLATFORM_TENANT_ID,
  PostgresIdempotencyStore,
  PurgeTenant,
  ScheduleTenantDeletion,
  SuspendTenant,
  TenantErasureNotFound,
  TenantGracePeriodRunning,
} from '../../index.js';
import { CreateShop1700900000001 } from '../../spec-support/shop.migration.js';
import { createTestDatabase, startProcess, TestProcess } from '../../spec-support/test-app.js';
import { aTenant, createTenants, platformContext } from '../../testing.js';
import { TenancyWorker } from './tenancy-worker.js';
import { TenantErasure } from './tenant-erasure.js';

const ctx = platformContext();
let db: TestDatabase;
let process: TestProcess;

beforeAll(async () => {
  db = await createTestDatabase([CreateShop1700900000001]);
  process = await startProcess(db);
});
afterAll(async () => {
  await process.close();
  await db.close();
});

/** Text that appears nowhere else, so that finding any of it is finding the tenant. */
interface Markers {
  readonly slug: string;
  readonly name: string;
  readonly reason: string;
  readonly note: string;
}

async function aLivedInTenant(rows = 12_000): Promise<{ id: string; markers: Markers }> {
  const mark = uuidv7().slice(-12);
  const markers = {
    slug: `slug-${mark}`,
    name: `Name ${mark}`,
    reason: `reason ${mark}`,
    note: `note ${mark}`,
  };
  const { streamId: id } = await process.commandBus.execute(
    new CreateTenant({ ...ctx, commandId: uuidv7() }, aTenant({ slug: markers.slug })),
  );
  await process.commandBus.execute(new ChangeTenant(ctx, { id, name: markers.name }));
  await process.commandBus.execute(new SuspendTenant(ctx, { id, reason: markers.reason }));
  await db.database.inTenant(id, async (tx) => {
    tx.execute('insert into shop.customers values ($1, 1, $2)', [id, markers.note]);
    tx.execute('insert into shop.a_notes values ($1, 1, 1, $2)', [id, markers.note]);
    tx.execute('insert into shop.categories select $1, i, nullif(i - 1, 0) from generate_series(1, 6000) i', [
      id,
    ]);
    tx.execute('insert into shop."Odd Name" values ($1, jsonb_build_object($2::text, 1))', [
      id,
      markers.note,
    ]);
    tx.execute('insert into shop.visits values ($1, 1), ($1, 2)', [id]);
    tx.execute('insert into shop.many select $1, $2 from generate_series(1, $3::int)', [
      id,
      markers.note,
      rows,
    ]);
  });
  await db.admin(`insert into acci.projection_tenants (tenant_id, projection) values ($1, 'shop.forecast')`, [
    id,
  ]);
  const idempotency = process.get(PostgresIdempotencyStore);
  for (const [tenantId, body] of [
    [id, markers.note],
    [PLATFORM_TENANT_ID, JSON.stringify({ id, name: markers.name })],
  ] as const) {
    const key = uuidv7();
    const begun = await idempotency.begin(tenantId, key, 'fingerprint', 1_000);
    if (begun.state !== 'new') throw new Error('The key is new');
    await idempotency.complete(tenantId, key, begun.token, { status: 200, headers: {}, body });
  }
  return { id, markers };
}

async function purge(id: string): Promise<void> {
  await process.commandBus.execute(
    new ScheduleTenantDeletion(ctx, { id, gracePeriodDays: 0, reason: 'the end' }),
  );
  await process.commandBus.execute(new PurgeTenant(ctx, { id }));
}

/** Every row of every table, as text, in which a text appears: nothing in the catalogue is left out. */
async function findEverywhere(text: string): Promise<string[]> {
  const tables = await db.admin<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  expect(tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['acci.events', 'shop."Odd Name"', 'shop.visits_1']),
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await db.admin<{ row: string }>(
      `select t::text as row from ${name} as t where strpos(t::text, $1) > 0`,
      [text],
    );
    found.push(...rows.map(({ row }) => `${name}: ${row}`));
  }
  return found;
}

async function expectErased(id: string, markers: Markers): Promise<void> {
  for (const marker of Object.values(markers)) expect(await findEverywhere(marker)).toEqual([]);
  const left = await findEverywhere(id);
  expect(left).toHaveLength(2);
  expect(left).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^acci\.events: .*tenancy\.tenant\.purged.*\{\}/),
      expect.stringMatching(/^acci\.tenant_erasures: /),
    ]),
  );
}

it('leaves nothing of a tenant but its id, its last event and the receipt, and others alone', async () => {
  const { id, markers } = await aLivedInTenant();
  const other = await aLivedInTenant(10);
  const otherBefore = await findEverywhere(other.id);
  expect(await findEverywhere(markers.note)).not.toEqual([]);
  await purge(id);

  await process.get(TenancyWorker).runOnce();

  await expectErased(id, markers);
  expect((await findEverywhere(other.id)).toSorted()).toEqual(otherBefore.toSorted());
  expect(await process.queryBus.execute(new GetTenantErasure(ctx, id))).toEqual({
    id,
    requestedAt: expect.any(String) as string,
    completedAt: expect.any(String) as string,
    erasedRows: {
      'acci.events': 4,
      'acci.unique_claims': 1,
      'acci.idempotency_keys': 2,
      'acci.handled_commands': 1,
      'acci.projection_tenants': 1,
      'shop.customers': 1,
      'shop.a_notes': 1,
      'shop.categories': 6_000,
      'shop."Odd Name"': 1,
      'shop.visits': 2,
      'shop.many': 12_000,
    },
  });
});

it('finds it in the archive and in snapshots too, of its own streams and of its stream in the platform', async () => {
  const { id, markers } = await aLivedInTenant(1);
  const streamOf = (tenantId: string, streamId: string): string => `
    insert into acci.archived_events
      select 1, '3', 1, '${tenantId}', 'shop.order', '${streamId}', 1, gen_random_uuid(), 'shop.order.placed', 1,
             json_build_object('note', '${markers.note}'), '{}', now();
    insert into acci.snapshots
      values ('${tenantId}', '${streamId}', 'shop.order', 1, gen_random_uuid(), 1, to_json('${markers.note}'::text));
    insert into acci.streams_to_archive values ('${tenantId}', '${streamId}', 2)`;
  await db.admin(streamOf(id, 'order-1'));
  await db.admin(streamOf(PLATFORM_TENANT_ID, id));
  await purge(id);

  await process.get(TenantErasure).run(id);

  await expectErased(id, markers);
  const { erasedRows } = await process.queryBus.execute(new GetTenantErasure(ctx, id));
  expect(erasedRows).toMatchObject({
    'acci.archived_events': 2,
    'acci.snapshots': 2,
    'acci.streams_to_archive': 2,
  });
});

it('frees the slug, keeps the tombstone, and comes out of a rebuild as it was', async () => {
  const { id, markers } = await aLivedInTenant(1);
  await purge(id);
  await process.get(TenantErasure).run(id);
  await process.commandBus.execute(new CreateTenant(ctx, aTenant({ slug: markers.slug })));
  const { items } = await process.queryBus.execute(new GetTenantHistory(ctx, id, { limit: 10 }));
  expect(items).toMatchObject([{ version: 5, type: 'tenancy.tenant.purged', summary: 'Purged', data: {} }]);

  const rows = async () => JSON.stringify(await db.admin('select * from acci.tenant_directory order by id'));
  const before = await rows();
  await rebuildNow(process.app, 'tenancy.tenant-directory');
  expect(await rows()).toBe(before);
});

it('goes on where it was killed, whichever statement that was at, and counts no row twice', async () => {
  const { id, markers } = await aLivedInTenant(6_000);
  await purge(id);
  // Cut off after ever more statements, each time in the middle of a transaction.
  const { owner } = process.get(TenantErasure) as unknown as {
    owner: { inTenant: (...args: never[]) => Promise<unknown> };
  };
  type Query = (sql: string, values?: unknown[]) => Promise<unknown>;
  const inTenant = owner.inTenant.bind(owner) as unknown as (
    tenantId: string,
    work: (query: Query) => Promise<unknown>,
  ) => Promise<unknown>;
  let killed = 0;
  for (let allowed = 1; ; allowed += 1) {
    let left = allowed;
    const mortal = {
      inTenant: (tenantId: string, work: (query: Query) => Promise<unknown>) =>
        inTenant(tenantId, (query) =>
          work(async (sql, values) => {
            left -= 1;
            if (left < 0) throw new Error('killed');
            return query(sql, values);
          }),
        ),
    };
    const erasure = new TenantErasure(
      db.database,
      mortal as unknown as ConstructorParameters<typeof TenantErasure>[1],
    );
    const outcome = await erasure.run(id).catch((error: Error) => error.message);
    if (outcome === undefined) break;
    expect(outcome).toBe('killed');
    killed += 1;
  }
  expect(killed).toBeGreaterThan(10);
  await expectErased(id, markers);
  const { erasedRows } = await process.queryBus.execute(new GetTenantErasure(ctx, id));
  expect(erasedRows).toMatchObject({ 'shop.many': 6_000, 'shop.categories': 6_000, 'acci.events': 4 });
});

it('is done by one process at a time', async () => {
  const { id, markers } = await aLivedInTenant(6_000);
  await purge(id);
  const another = await startProcess(db);
  await Promise.all([process, another, process].map((one) => one.get(TenantErasure).run(id)));
  await process.get(TenantErasure).run(id);
  await expectErased(id, markers);
  const { erasedRows } = await process.queryBus.execute(new GetTenantErasure(ctx, id));
  expect(erasedRows).toMatchObject({ 'shop.many': 6_000 });
  await another.close();
});

it('says so when foreign keys hold rows in a circle, and leaves the other tables done', async () => {
  const [id = ''] = await createTenants(process.app, 1);
  await db.admin('alter table shop.customers add note_id int');
  await db.admin(`alter table shop.customers add constraint circle
    foreign key (tenant_id, note_id) references shop.a_notes (tenant_id, id)`);
  await db.database.inTenant(id, async (tx) => {
    tx.execute(`insert into shop.customers values ($1, 1, 'x')`, [id]);
    tx.execute(`insert into shop.a_notes values ($1, 1, 1, 'x')`, [id]);
    tx.execute('update shop.customers set note_id = 1 where tenant_id = $1', [id]);
    tx.execute('insert into shop.visits values ($1, 1)', [id]);
  });
  await purge(id);
  const run = process.get(TenantErasure).run(id);
  await expect(run).rejects.toThrow(ErasureBlocked);
  await expect(run).rejects.toMatchObject({ tables: ['shop.a_notes', 'shop.customers'] });
  expect(await db.admin('select * from shop.visits where tenant_id = $1', [id])).toEqual([]);
  await db.admin('alter table shop.customers drop constraint circle');
  await process.get(TenantErasure).run(id);
  expect(await db.admin('select * from shop.customers where tenant_id = $1', [id])).toEqual([]);
});

it('purges tenants that are due, children first, and no others', async () => {
  const [parentId = '', waiting = ''] = await createTenants(process.app, 2);
  const [childId = ''] = await createTenants(process.app, 1, { parentId });
  const order = (id: string, gracePeriodDays: number) =>
    process.commandBus.execute(new ScheduleTenantDeletion(ctx, { id, gracePeriodDays }));
  await order(childId, 0);
  await order(parentId, 0);
  await order(waiting, 1);
  const worker = process.get(TenancyWorker);
  await worker.runOnce();
  await worker.runOnce();
  const left = await db.admin<{ id: string }>('select id from acci.tenant_directory where id = any ($1)', [
    [parentId, childId, waiting],
  ]);
  expect(left).toEqual([{ id: waiting }]);
  await expect(process.commandBus.execute(new PurgeTenant(ctx, { id: waiting }))).rejects.toThrow(
    TenantGracePeriodRunning,
  );
});

it('erases no tenant that was not purged, and nobody may delete its events', async () => {
  const { id, markers } = await aLivedInTenant(1);
  await process.get(TenantErasure).run(id);
  await expect(process.queryBus.execute(new GetTenantErasure(ctx, id))).rejects.toThrow(
    TenantErasureNotFound,
  );
  expect(await findEverywhere(markers.note)).not.toEqual([]);
  expect(await process.get(EventStore).readStream(ctx, 'tenancy.tenant', id)).toHaveLength(3);
});

it('is done by the worker by itself', async () => {
  const [id = ''] = await createTenants(process.app, 1);
  await process.commandBus.execute(new ScheduleTenantDeletion(ctx, { id, gracePeriodDays: 0 }));
  const worker = await startProcess(db, { worker: { enabled: true, intervalMs: 20 } });
  const completed = async (): Promise<boolean> => {
    const [row] = await db.admin<{ done: boolean }>(
      'select completed_at is not null as done from acci.tenant_erasures where erased_tenant = $1',
      [id],
    );
    return row?.done ?? false;
  };
  while (!(await completed())) await new Promise((resolve) => setTimeout(resolve, 10));
  await worker.close();
});
