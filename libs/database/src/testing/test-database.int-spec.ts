import type { MigrationInterface, QueryRunner } from 'typeorm';
import { root, runScript } from '../../../../test/setup/script.js';
import { databaseMigrations } from '../migrations/index.js';
import { tenantTable } from '../tenant-table.js';
import { uuidv7 } from '../uuid.js';
import { TestDatabase } from './test-database.js';

class CreateThings1799000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'create table acci.things (tenant_id uuid, name text, primary key (tenant_id, name))',
    );
    for (const sql of tenantTable('acci.things')) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table acci.things');
  }
}

const migrations = [...databaseMigrations, CreateThings1799000000001];

describe('TestDatabase', () => {
  it('is migrated, connected as the runtime roles, and nobody else can see it', async () => {
    const [one, other] = await Promise.all([
      TestDatabase.create({ migrations }),
      TestDatabase.create({ migrations }),
    ]);
    const tenant = uuidv7();
    await one.database.queryInTenant(tenant, `insert into acci.things values ($1, 'mine')`, [tenant]);
    expect(await one.database.queryInTenant(tenant, 'select name from acci.things')).toEqual([
      { name: 'mine' },
    ]);
    expect(await one.database.queryInTenant(uuidv7(), 'select name from acci.things')).toEqual([]);
    expect(await one.admin('select name from acci.things where tenant_id = $1', [tenant])).toEqual([
      { name: 'mine' },
    ]);
    expect(await other.admin('select name from acci.things')).toEqual([]);
    await Promise.all([one.close(), other.close()]);
  });

  it('is dropped when closed, once, whoever is still connected', async () => {
    const [db, witness] = await Promise.all([
      TestDatabase.create({ migrations }),
      TestDatabase.create({ migrations }),
    ]);
    const name = new URL(db.urls.admin).pathname.slice(1);
    await Promise.all([db.close(), db.close()]);
    expect(await witness.admin('select from pg_database where datname = $1', [name])).toEqual([]);
    await witness.close();
  });

  it('runs its migrations once, however many databases begin with them', async () => {
    let runs = 0;
    class CountRuns1799000000002 implements MigrationInterface {
      async up(): Promise<void> {
        runs += 1;
      }
      async down(): Promise<void> {}
    }
    for (let left = 3; left > 0; left -= 1) {
      const db = await TestDatabase.create({ migrations: [...migrations, CountRuns1799000000002] });
      await db.close();
    }
    expect(runs).toBe(1);
  });

  it('does not take a template that other migrations of the same name made', async () => {
    const first = await TestDatabase.create({ migrations });
    const changed = {
      CreateThings1799000000001: class extends CreateThings1799000000001 {
        override async up(queryRunner: QueryRunner): Promise<void> {
          await queryRunner.query('create table acci.other_things (name text)');
        }
      },
    }.CreateThings1799000000001;
    const second = await TestDatabase.create({ migrations: [...databaseMigrations, changed] });
    const tables = `select to_regclass('acci.things') as before, to_regclass('acci.other_things')::text as after`;
    expect(await second.admin(tables)).toEqual([{ before: null, after: 'acci.other_things' }]);
    await Promise.all([first.close(), second.close()]);
  });

  it('starts a server of its own where none was announced, and ends it with the last database', async () => {
    const script = runScript(`
      delete process.env.ACCI_TEST_ADMIN_URLS;
      const { TestDatabase } = await import('${root}/libs/database/src/testing.ts');
      const dbs = await Promise.all([1, 2].map(() => TestDatabase.create({ migrations: [] })));
      console.log(new Set(dbs.map((db) => new URL(db.urls.admin).host)).size + ' server');
      for (const db of dbs) await db.close();
      `);
    await script.printed('1 server');
    expect(await script.ended()).toBe(0);
  });
});
