import { databaseMigrations } from '../migrations/index.js';
import { TestDatabase } from './test-database.js';
it('x', async () => {
  for (let i = 0; i < 6; i++) {
    let t = performance.now();
    const db = await TestDatabase.create({ migrations: databaseMigrations });
    const made = performance.now() - t;
    console.log(
      await db.admin('select current_database(), current_user'),
      await db.database.queryAsSystem('x', 'select current_user, session_user'),
    );
    t = performance.now();
    await db.close();
    console.log(made, performance.now() - t);
  }
});
