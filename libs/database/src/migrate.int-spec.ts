import { databaseMigrations, migrate } from './index.js';
import { TestDatabase } from './testing.js';

it('tells how many of the migrations that have to run have run', async () => {
  const db = await TestDatabase.create({ migrations: [] });
  const told: string[] = [];
  const options = {
    ownerUrl: db.urls.owner,
    migrations: databaseMigrations,
    onProgress: (done: number, total: number) => told.push(`${done} of ${total}`),
  };
  const total = databaseMigrations.length;
  await migrate(options);
  expect(told).toEqual(Array.from({ length: total + 1 }, (_, done) => `${done} of ${total}`));
  await migrate(options);
  expect(told.at(-1)).toBe('0 of 0');
  await db.close();
});
