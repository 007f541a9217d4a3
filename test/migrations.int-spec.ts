import { afterMigrate, migrations } from '@acci/api';
import { checkIsolation, migrate, ownerDataSource, pendingMigrations } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';

it('every migration can be reverted, and run again', async () => {
  const db = await TestDatabase.create({ migrations, afterMigrate });
  const owner = await ownerDataSource(db.urls.owner, migrations).initialize();
  try {
    for (const _ of migrations) await owner.undoLastMigration();
    const left = await db.admin(
      `select relname from pg_class where relnamespace = 'acci'::regnamespace and relkind in ('r', 'p', 'v', 'f')`,
    );
    expect(left).toEqual([{ relname: 'migrations' }]);
    await migrate({ ownerUrl: db.urls.owner, migrations, afterMigrate });
    expect(await pendingMigrations((sql) => db.admin(sql), migrations)).toEqual([]);
    expect(await checkIsolation((sql, values) => db.admin(sql, values))).toEqual([]);
  } finally {
    await owner.destroy();
    await db.close();
  }
});
