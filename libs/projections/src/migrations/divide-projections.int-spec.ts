import { databaseMigrations, migrate } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import { eventStoreAfterMigrate, eventStoreMigrations } from '@acci/event-store';
import { projectionsMigrations } from './index.js';

it('what ran before goes on where it was, as the one share of its build', async () => {
  const earlier = [...databaseMigrations, ...eventStoreMigrations];
  const afterMigrate = [eventStoreAfterMigrate];
  const db = await TestDatabase.create({
    migrations: [...earlier, ...projectionsMigrations.slice(0, 1)],
    afterMigrate,
  });
  try {
    await db.admin(`
      insert into acci.projections (name, version, lifecycle, status, epoch, transaction, position, attempts, last_error)
      values ('bank.async', 3, 'async', 'halted', 1, '77', 9, 5, '{"position":"1.77.10"}'),
             ('bank.new', 1, 'async', 'running', null, null, null, 0, null),
             ('bank.inline', 2, 'inline', 'running', null, null, null, 0, null)`);
    const migrations = [...earlier, ...projectionsMigrations];
    await migrate({ ownerUrl: db.urls.owner, migrations, afterMigrate });
    const columns = 'projection, build, version, b.status, b.shares, share, s.status as doing';
    expect(
      await db.admin(`select ${columns}, epoch, transaction::text, position::int, attempts, last_error
                        from acci.projection_builds as b left join acci.projection_shares as s using (projection, build)
                       order by projection`),
    ).toMatchObject([
      {
        projection: 'bank.async',
        build: 1,
        version: 3,
        status: 'serving',
        shares: 1,
        share: '0',
        doing: 'halted',
        epoch: 1,
        transaction: '77',
        position: 9,
        attempts: 5,
        last_error: { position: '1.77.10' },
      },
      { projection: 'bank.inline', build: 1, version: 2, status: 'serving', share: null },
      { projection: 'bank.new', version: 1, status: 'serving', share: '0', doing: 'running', epoch: null },
    ]);
  } finally {
    await db.close();
  }
});
