import { afterMigrate, migrations } from '@acci/api';
import { checkIsolation, Database, tenantTable, uuidv7 } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import pg from 'pg';
import { dropChecks, plantRow, tenantTables, type TenantTable } from './tenant-tables.js';

// Every attack runs on every tenant table of the catalogue, over a bare connection that logs in as acci_app: what
// holds here holds whatever our own code does wrong.
const attacker = uuidv7();
const victim = uuidv7();
const denied = '42501';

let db: TestDatabase;
let tables: TenantTable[];
let client: pg.Client;

beforeAll(async () => {
  db = await TestDatabase.create({ migrations, afterMigrate });
  await createNewTables();
  await dropChecks(db);
  tables = await tenantTables(db);
  for (const table of tables) {
    if (table.partitionOf !== undefined) continue;
    await plantRow(db, table, attacker);
    await plantRow(db, table, victim);
  }
  await db.admin('analyze');
  client = new pg.Client(db.urls.app);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await db.close();
});

/** Tables that nobody told this test of: one with a reference, one with partitions. */
async function createNewTables(): Promise<void> {
  const owner = new pg.Client(db.urls.owner);
  await owner.connect();
  const statements = [
    'create schema shop',
    'grant usage on schema shop to acci_app, acci_system',
    'create table shop.orders (tenant_id uuid not null, id uuid, total int not null, primary key (tenant_id, id))',
    `create table shop.lines (tenant_id uuid not null, id uuid, order_id uuid not null, primary key (tenant_id, id),
       foreign key (tenant_id, order_id) references shop.orders (tenant_id, id))`,
    `create table shop.visits (tenant_id uuid not null, id uuid, at timestamptz not null, primary key (tenant_id, id))
       partition by hash (tenant_id)`,
    'create table shop.visits_0 partition of shop.visits for values with (modulus 2, remainder 0)',
    'create table shop.visits_1 partition of shop.visits for values with (modulus 2, remainder 1)',
    ...tenantTable('shop.orders'),
    ...tenantTable('shop.lines'),
    ...tenantTable('shop.visits'),
    ...tenantTable('shop.visits_0', { app: [], system: [] }),
    ...tenantTable('shop.visits_1', { app: [], system: [] }),
  ];
  for (const sql of statements) await owner.query(sql);
  await owner.end();
}

/** Runs statements in one transaction under a tenant's setting, which is rolled back; the last one's result counts. */
async function as(tenantId: string | undefined, ...statements: string[]): Promise<pg.QueryResult> {
  await client.query('begin');
  try {
    if (tenantId !== undefined)
      await client.query(`select set_config('acci.tenant_id', $1, true)`, [tenantId]);
    let result: pg.QueryResult | undefined;
    for (const sql of statements) result = await client.query(sql);
    return result as pg.QueryResult;
  } finally {
    await client.query('rollback');
  }
}

/** The tables that acci_app may reach with a privilege; the others must refuse by that alone. */
async function granted(privilege: string): Promise<Set<string>> {
  const rows = await db.admin<{ name: string }>(
    `select name from unnest($1::text[]) as name where has_table_privilege('acci_app', name::regclass, $2)`,
    [tables.map(({ name }) => name), privilege],
  );
  return new Set(rows.map(({ name }) => name));
}

/** Runs an attack on each table and reports the tables where it got anywhere. */
async function attackAll(attack: (table: TenantTable) => Promise<number>): Promise<Record<string, number>> {
  const successes: Record<string, number> = {};
  for (const table of tables) {
    const touched = await attack(table).catch((error: { code?: string }) => {
      if (error.code !== denied) throw error;
      return 0;
    });
    if (touched > 0) successes[table.name] = touched;
  }
  return successes;
}

async function count(tenantId: string | undefined, ...statements: string[]): Promise<number> {
  return (await as(tenantId, ...statements)).rowCount ?? 0;
}

it('looks at every table, with a row of the victim in each', async () => {
  expect(tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'acci.events',
      'acci.tenant_directory',
      'acci.unique_claims',
      'shop.orders',
      'shop.visits',
    ]),
  );
  for (const { name } of tables.filter(({ partitionOf }) => !partitionOf)) {
    const [row] = await db.admin(`select count(*)::int as rows from ${name} where tenant_id = $1`, [victim]);
    expect({ name, ...row }).toEqual({ name, rows: 1 });
  }
});

it('passes the isolation gate', async () => {
  expect(await checkIsolation((sql, values) => db.admin(sql, values))).toEqual([]);
});

describe('with the attacker’s tenant set', () => {
  it('reads no foreign row', async () => {
    expect(
      await attackAll(({ name }) => count(attacker, `select from ${name} where tenant_id <> '${attacker}'`)),
    ).toEqual({});
  });

  it('reads its own, so that the attacks above are not vacuous', async () => {
    const readable = await granted('select');
    expect(readable.size).toBeGreaterThan(5);
    for (const name of readable) expect(await count(attacker, `select from ${name}`)).toBe(1);
  });

  it('copies no foreign row out', async () => {
    for (const name of await granted('select')) {
      const [row] = (
        await as(attacker, `select query_to_xml('select tenant_id from ${name}', true, false, '') as xml`)
      ).rows;
      expect(JSON.stringify(row)).not.toContain(victim);
    }
  });

  it('updates no foreign row', async () => {
    expect(
      await attackAll(({ name }) =>
        count(attacker, `update ${name} set tenant_id = tenant_id where tenant_id = '${victim}'`),
      ),
    ).toEqual({});
  });

  it('deletes no foreign row', async () => {
    expect(
      await attackAll(({ name }) => count(attacker, `delete from ${name} where tenant_id = '${victim}'`)),
    ).toEqual({});
  });

  it('writes no row of the victim', async () => {
    expect(
      await attackAll(({ name, columns }) =>
        count(
          attacker,
          copyOf(
            name,
            columns.map((column) => column.name),
            attacker,
            `'${victim}'`,
          ),
        ),
      ),
    ).toEqual({});
  });

  it('moves no row to another tenant', async () => {
    expect(
      await attackAll(({ name }) =>
        count(attacker, `update ${name} set tenant_id = '${victim}' where tenant_id = '${attacker}'`),
      ),
    ).toEqual({});
  });

  it('truncates nothing', async () => {
    expect(await attackAll(async ({ name }) => (await as(attacker, `truncate ${name} cascade`), 1))).toEqual(
      {},
    );
  });

  it('is not told by a unique key that the victim has a value', async () => {
    // The victim's row, key and all, under the attacker's own id: it must be as free as a value that nobody has.
    for (const { name, columns } of tables.filter(({ partitionOf }) => !partitionOf)) {
      const names = columns.map((column) => column.name);
      const [row] = await db.admin<{ sql: string }>(
        `select format('insert into ${name} (%s) select %s from jsonb_populate_record(null::${name}, %L)', $1::text, $2::text,
                       to_jsonb(t) || jsonb_build_object('tenant_id', $3::text)) as sql
           from ${name} t where tenant_id = $4::uuid`,
        [quoted(names), quoted(names), attacker, victim],
      );
      const outcome = await as(attacker, row?.sql ?? '').then(
        () => 'free',
        (error: { code: string }) => (error.code === denied ? 'no right to insert' : error.code),
      );
      expect({ name, outcome }).toEqual({
        name,
        outcome: expect.stringMatching(/^(free|no right to insert|23503|TAKEN)$/),
      });
    }
  });

  it('references no foreign row', async () => {
    const [order] = await db.admin<{ id: string }>('select id from shop.orders where tenant_id = $1', [
      victim,
    ]);
    const insert = `insert into shop.lines (tenant_id, id, order_id) values ('${attacker}', gen_random_uuid(), '${order?.id}')`;
    await expect(as(attacker, insert)).rejects.toMatchObject({ code: '23503' });
    const keys = await db.admin<{ def: string }>(
      `select pg_get_constraintdef(oid) as def from pg_constraint where contype = 'f' and conparentid = 0
         and conrelid = any ($1::regclass[])`,
      [tables.map(({ name }) => name)],
    );
    for (const { def } of keys)
      expect(def).toMatch(/^FOREIGN KEY \(tenant_id, .* REFERENCES .*\(tenant_id, /);
  });

  it('reaches no partition past its parent’s policy', async () => {
    const partitions = tables.filter(({ partitionOf }) => partitionOf);
    expect(partitions).toHaveLength(2);
    for (const { name } of partitions)
      await expect(as(attacker, `select from ${name}`)).rejects.toMatchObject({ code: denied });
  });
});

describe('without a tenant', () => {
  it.each([
    ['no setting', undefined],
    ['the empty setting', ''],
  ])('%s: reads, changes and deletes nothing', async (_name, setting) => {
    expect(await attackAll(({ name }) => count(setting, `select from ${name}`))).toEqual({});
    expect(await attackAll(({ name }) => count(setting, `update ${name} set tenant_id = tenant_id`))).toEqual(
      {},
    );
    expect(await attackAll(({ name }) => count(setting, `delete from ${name}`))).toEqual({});
  });

  it('a setting that is no UUID is an error, not everything', async () => {
    await expect(as('*', 'select from acci.events')).rejects.toMatchObject({ code: '22P02' });
  });
});

describe('around the tables', () => {
  it('a view and a function show the caller’s rows only', async () => {
    for (const { name } of tables.filter(({ partitionOf }) => !partitionOf)) {
      await db.admin(`create view shop.peek with (security_invoker) as select tenant_id from ${name}`);
      await db.admin(
        `create function shop.peek() returns setof uuid language sql as 'select tenant_id from ${name}'`,
      );
      await db.admin('grant select on shop.peek to acci_app');
      for (const source of ['shop.peek', 'shop.peek() as f (tenant_id)']) {
        const foreign = await count(attacker, `select from ${source} where tenant_id <> '${attacker}'`).catch(
          (error: { code: string }) => (error.code === denied ? 0 : Promise.reject(error)),
        );
        expect({ name, source, foreign }).toEqual({ name, source, foreign: 0 });
      }
      await db.admin('drop view shop.peek');
      await db.admin('drop function shop.peek()');
    }
  });

  it.each([
    'set role acci_system',
    'set role acci_owner',
    'set role postgres',
    `select set_config('role', 'acci_system', false)`,
    'set session authorization acci_system',
    'set row_security = off; select from acci.events',
    'alter table acci.events disable row level security',
    'drop policy tenant_isolation on acci.events',
    'create policy open on acci.events using (true)',
    'grant acci_system to acci_app',
    'alter role acci_app bypassrls',
    'create table acci.loot (data text)',
    'create temporary table loot (data text)',
    'create function acci.leak(text) returns boolean language sql as $$ select true $$',
    'create function public.leak(text) returns boolean language sql as $$ select true $$',
    `copy (select 1) to program 'cat'`,
    `copy (select 1) to '/tmp/acci-attack'`,
    `select pg_read_file('PG_VERSION')`,
    `select lo_import('/etc/passwd')`,
    'select last_value from acci.events_position_seq',
    'select * from pg_statistic',
    'select * from pg_authid',
    'set session_replication_role = replica',
  ])('refuses: %s', async (sql) => {
    await expect(as(attacker, ...sql.split('; '))).rejects.toMatchObject({ code: denied });
  });

  it('shows no statistics of tenant tables', async () => {
    for (const { name } of tables) {
      const [schema = '', table = ''] = name.split('.');
      expect(
        await count(
          attacker,
          `select from pg_stats where schemaname = '${schema}' and tablename = '${table}'`,
        ),
      ).toBe(0);
    }
  });

  it('shows no other session’s statements', async () => {
    const other = new pg.Client(db.urls.system);
    await other.connect();
    await other.query(`select 'a secret of ${victim}'`);
    expect(
      await count(
        attacker,
        `select from pg_stat_activity where query like '%${victim}%' and pid <> pg_backend_pid()`,
      ),
    ).toBe(0);
    await other.end();
  });
});

describe('a pooled connection', () => {
  it('passes no setting on to its next user, not even one made for the session', async () => {
    const database = await Database.connect({ urls: db.urls, pool: { max: 1 } });
    try {
      for (const hostile of [
        `set acci.tenant_id = '${victim}'`,
        `select set_config('acci.tenant_id', '${victim}', false)`,
        `set session acci.tenant_id to '${victim}'`,
      ]) {
        await database.inTenant(attacker, (tx) => void tx.execute(hostile));
        const rows = await database.queryInTenant<{ tenant_id: string }>(
          attacker,
          'select tenant_id from shop.orders',
        );
        expect(rows).toEqual([{ tenant_id: attacker }]);
        expect(
          await database.inTenant(attacker, (tx) => tx.query('select tenant_id from shop.orders')),
        ).toEqual(rows);
      }
    } finally {
      await database.close();
    }
  });
});

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

/** Inserts the row of one tenant again, as another's. */
function copyOf(table: string, columns: readonly string[], from: string, tenant: string): string {
  const values = columns.map((name) => (name === 'tenant_id' ? `${tenant}::uuid` : `"${name}"`)).join(', ');
  return `insert into ${table} (${quoted(columns)}) select ${values} from ${table} where tenant_id = '${from}'`;
}
