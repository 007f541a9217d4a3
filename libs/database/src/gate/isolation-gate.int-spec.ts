import { Client } from 'pg';
import { databaseMigrations } from '../migrations/index.js';
import { offences, soundSchema } from '../fixtures/isolation.js';
import { TestDatabase } from '../testing/test-database.js';
import { isolationChecks } from './checks/index.js';
import { assertIsolation, checkIsolation, IsolationViolated } from './isolation-gate.js';

describe('The isolation gate', () => {
  let db: TestDatabase;
  let admin: Client;
  const query = async (sql: string): Promise<Record<string, unknown>[]> => {
    const { rows } = await admin.query<Record<string, unknown>>(sql);
    return rows;
  };

  beforeAll(async () => {
    db = await TestDatabase.create({ migrations: databaseMigrations });
    await db.admin(`begin;${soundSchema.join(';')};commit`);
    admin = new Client({ connectionString: db.urls.admin });
    await admin.connect();
  });

  afterAll(async () => {
    await admin.end();
    await db.close();
  });

  it('passes a sound schema, asked as the role that asks at boot', async () => {
    expect(await checkIsolation((sql) => db.database.queryAsSystem('isolation gate', sql))).toEqual([]);
    await assertIsolation(query);
  });

  // In a transaction that is rolled back: roles belong to the whole server, and other tests run on it meanwhile.
  it.each(offences)('%s names %s', async (check, offender, ...sql) => {
    await admin.query('begin');
    try {
      for (const statement of sql) await admin.query(statement);
      const findings = await checkIsolation(query);
      expect(findings).toContainEqual({ check, offender, message: expect.stringContaining(offender) });
    } finally {
      await admin.query('rollback');
    }
  });

  it('leaves alone what the system and extensions own', async () => {
    await admin.query('begin');
    try {
      await admin.query('create table shop.of_extension (tenant_id uuid, id int unique)');
      // No extension is at hand that brings a table; this is what CREATE EXTENSION would have recorded of one.
      await admin.query(`insert into pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
        select 'pg_class'::regclass, 'shop.of_extension'::regclass, 0, 'pg_extension'::regclass, oid, 0, 'e'
        from pg_extension where extname = 'plpgsql'`);
      expect(await checkIsolation(query)).toEqual([]);
    } finally {
      await admin.query('rollback');
    }
  });

  it('has a test for every check', () => {
    const tested = new Set(offences.map(([check]) => check));
    expect(isolationChecks.filter(({ name }) => !tested.has(name))).toEqual([]);
  });

  it('refuses with the names of all offenders', async () => {
    await admin.query('begin');
    try {
      await admin.query('alter table shop.orders no force row level security');
      await admin.query('grant truncate on shop.lines to acci_app');
      const refusal = assertIsolation(query);
      await expect(refusal).rejects.toBeInstanceOf(IsolationViolated);
      await expect(refusal).rejects.toThrow(
        /TRUNCATE on shop\.lines for acci_app.*shop\.orders does not force/s,
      );
      await expect(refusal).rejects.toMatchObject({ findings: [{}, {}] });
    } finally {
      await admin.query('rollback');
    }
  });
});
