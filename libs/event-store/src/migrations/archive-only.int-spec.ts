import { Client } from 'pg';
import { assertIsolation, databaseMigrations, OwnerDatabase, ownerDataSource, uuidv7 } from '@acci/database';
import { useBank } from '../fixtures/bank.js';
import { Savings } from '../fixtures/savings.js';
import { StreamArchiver } from '../index.js';
import { testContext } from '../testing/context.js';
import { moveArchived } from '../testing/move-archived.js';
import { CreateEvents1700200000001 } from './1700200000001-create-events.js';
import { CreateSnapshotsAndArchive1700200000002 } from './1700200000002-create-snapshots-and-archive.js';

const bank = useBank([Savings]);
let owner: OwnerDatabase;
beforeAll(() => {
  owner = new OwnerDatabase(bank.db.urls.owner);
});
afterAll(() => owner.close());

/** A stream of four events in a tenant of its own, the fourth of which ends it. */
async function ended(moved: boolean): Promise<{ tenantId: string; id: string }> {
  const ctx = testContext();
  const savings = Savings.open(uuidv7());
  savings.payIn(1, 2);
  await bank.store.save(ctx, savings);
  await bank.store.archive(ctx, Savings, savings.id);
  const stream = { tenantId: ctx.tenantId, streamId: savings.id };
  if (moved) await moveArchived(new StreamArchiver(bank.db.database, owner), bank.db.database, stream);
  return { tenantId: ctx.tenantId, id: savings.id };
}

/** Runs statements as a role, inside a tenant, and undoes them; the last one's count of rows. */
async function attempt(
  role: 'app' | 'system' | 'owner' | 'admin',
  tenantId: string,
  ...statements: string[]
): Promise<number> {
  const client = new Client({ connectionString: bank.db.urls[role] });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('acci.tenant_id', $1, true)`, [tenantId]);
    let count: number | null = 0;
    for (const sql of statements) count = (await client.query(sql)).rowCount;
    return count ?? 0;
  } finally {
    await client.end();
  }
}

const copy = 'insert into acci.archived_events select * from acci.events';
const refused = { code: '42501', message: expect.stringMatching(/append-only/) as string };

describe('the owner may delete an event', () => {
  it('whose copy is in the archive, if its stream has ended; not the one that ends it', async () => {
    const { tenantId } = await ended(false);
    const remove = 'delete from acci.events where version < 4';
    expect(await attempt('owner', tenantId, copy, remove)).toBe(3);
    const removeAll = 'delete from acci.events';
    await expect(attempt('owner', tenantId, copy, removeAll)).rejects.toMatchObject(refused);
  });

  it('but none that has no copy', async () => {
    const { tenantId } = await ended(false);
    const remove = 'delete from acci.events where version < 4';
    await expect(attempt('owner', tenantId, remove)).rejects.toMatchObject(refused);
    await expect(attempt('owner', tenantId, `${copy} where version < 3`, remove)).rejects.toMatchObject(
      refused,
    );
  });

  it.each([
    `position = 1`,
    `transaction = '1'`,
    `epoch = 9`,
    `stream_type = 'bank.other'`,
    `event_id = gen_random_uuid()`,
    `type = 'bank.savings.robbed'`,
    `schema_version = 2`,
    `data = '{"amount": 2}'`,
    `metadata = '{}'`,
    `recorded_at = recorded_at + interval '1 microsecond'`,
  ])('but none whose copy differs: %s', async (change) => {
    const { tenantId } = await ended(false);
    const different = [
      'create temporary table copies as select * from acci.events',
      `update copies set ${change} where version = 3`,
      'insert into acci.archived_events select * from copies',
    ];
    const one = (version: number): string => `delete from acci.events where version = ${version}`;
    expect(await attempt('owner', tenantId, ...different, one(2))).toBe(1);
    await expect(attempt('owner', tenantId, ...different, one(3))).rejects.toMatchObject(refused);
  });

  it('but none of a stream that goes on', async () => {
    const ctx = testContext();
    await bank.store.save(ctx, Savings.open(uuidv7()));
    const remove = 'delete from acci.events';
    await expect(attempt('owner', ctx.tenantId, copy, remove)).rejects.toMatchObject(refused);
  });

  it('and nobody else may', async () => {
    const { tenantId } = await ended(true);
    for (const role of ['app', 'system', 'admin'] as const) {
      const remove = `delete from acci.events where tenant_id = '${tenantId}'`;
      await expect(attempt(role, tenantId, remove)).rejects.toMatchObject({ code: '42501' });
    }
  });
});

describe('the archive is append-only', () => {
  const statements = [
    `update acci.archived_events set data = '{}'`,
    `update acci.archived_events set data = '{}' where false`,
    'delete from acci.archived_events',
    'truncate acci.archived_events',
    'set local session_replication_role = replica; delete from acci.archived_events',
  ];
  const roles = ['app', 'system', 'owner', 'admin'] as const;
  it.each(roles.flatMap((role) => statements.map((sql) => [role, sql] as const)))(
    '%s: %s',
    async (role, sql) => {
      const { tenantId } = await ended(true);
      await expect(attempt(role, tenantId, sql)).rejects.toMatchObject({ code: '42501' });
    },
  );

  it('and filled by the owner alone, in his tenant alone', async () => {
    const { tenantId } = await ended(false);
    for (const role of ['app', 'system'] as const)
      await expect(attempt(role, tenantId, copy)).rejects.toMatchObject({ code: '42501' });
    expect(await attempt('owner', tenantId, copy)).toBe(4);
    const forged = `insert into acci.archived_events
      select position, transaction, epoch, '${uuidv7()}', stream_type, stream_id, version, event_id, type,
             schema_version, data, metadata, recorded_at from acci.events`;
    await expect(attempt('owner', tenantId, forged)).rejects.toThrow(/row-level security/);
  });

  it('but goes with an erased tenant', async () => {
    const [erased, spared] = [await ended(true), await ended(true)];
    await bank.db.database.queryAsSystem(
      'erase',
      'insert into acci.tenant_erasures (erased_tenant) values ($1)',
      [erased.tenantId],
    );
    expect(await attempt('owner', erased.tenantId, 'delete from acci.archived_events')).toBe(3);
    expect(await attempt('owner', erased.tenantId, 'delete from acci.events')).toBe(1);
    await expect(attempt('owner', spared.tenantId, 'delete from acci.archived_events')).rejects.toMatchObject(
      refused,
    );
  });

  it('and is as isolated as the log', async () => {
    const { id } = await ended(true);
    const stranger = testContext();
    for (const table of ['acci.archived_events', 'acci.event_log', 'acci.snapshots']) {
      const found = await bank.db.database.queryInTenant(
        stranger.tenantId,
        `select from ${table} where stream_id = $1`,
        [id],
      );
      expect(found).toEqual([]);
    }
    await assertIsolation((sql, values) => bank.db.database.queryAsSystem('gate', sql, values));
  });
});

it('a reverted migration puts every event back where it came from', async () => {
  await ended(true);
  const log = `select * from acci.event_log order by position`;
  const before = await bank.db.admin(log);
  const archived = await bank.db.admin('select from acci.archived_events');
  expect(archived.length).toBeGreaterThan(2);
  const migrations = [
    ...databaseMigrations,
    CreateEvents1700200000001,
    CreateSnapshotsAndArchive1700200000002,
  ];
  const source = await ownerDataSource(bank.db.urls.owner, migrations).initialize();
  // Those of other features, which came later and stand on this one.
  const runner = source.createQueryRunner();
  await new CreateSnapshotsAndArchive1700200000002().down(runner);
  expect(await bank.db.admin(log.replace('acci.event_log', 'acci.events'))).toEqual(before);
  await source.destroy();
});
