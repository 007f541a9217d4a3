import type { Pool } from 'pg';
import { Database, databaseMigrations, DatabaseUnavailable, prepared, uuidv7 } from './index.js';
import { TestDatabase } from './testing.js';

const tenant = uuidv7();
const one = 'select 1 as one';

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await TestDatabase.create({ migrations: databaseMigrations });
  // One connection, so that whatever a statement leaves behind meets the next.
  database = await Database.connect({ urls: db.urls, pool: { max: 1 } });
});
afterAll(async () => {
  await database.close();
  await db.close();
});

describe('a statement', () => {
  it.each([`/* a hint */ ${one}`, `-- why\n${one}`, `(${one}) union ${one}`])(
    'returns its rows, however it begins: %j',
    async (text) => {
      expect(await database.queryInTenant(tenant, prepared(text))).toEqual([{ one: 1 }]);
    },
  );

  it('is parsed again where somebody else had prepared it, as behind a transaction pooler', async () => {
    const statement = prepared('select $1::int as one');
    const { master } = database.sources.app.driver as unknown as { master: Pool };
    const client = await master.connect();
    await client.query({ name: statement.name, text: statement.text, values: [1] });
    client.release();
    expect(await database.queryInTenant(tenant, statement, [1])).toEqual([{ one: 1 }]);
  });

  it('cannot be COPY, which fails and harms nothing else', async () => {
    await db.admin('create table acci.plain (id int)');
    await db.admin('grant insert on acci.plain to acci_system');
    const copy = database.queryAsSystem('test', 'copy acci.plain from stdin');
    await expect(copy).rejects.toThrow('COPY FROM STDIN');
    expect(await database.queryAsSystem('test', one)).toEqual([{ one: 1 }]);
    expect(await database.queryInTenant(tenant, `copy (${one}) to stdout`)).toEqual([]);
    expect(await database.queryInTenant(tenant, one)).toEqual([{ one: 1 }]);
  });

  it('finds the database unavailable once it was closed', async () => {
    const closed = await Database.connect({ urls: db.urls });
    await closed.close();
    await expect(closed.queryInTenant(tenant, one)).rejects.toThrow(DatabaseUnavailable);
  });
});
