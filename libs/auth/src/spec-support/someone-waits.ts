import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '@acci/database/testing';

const waiting = `
  select 1 from pg_locks l join pg_database d on d.oid = l.database
   where l.locktype = 'advisory' and not l.granted and d.datname = current_database()`;

/** Until some transaction waits for an advisory lock that another one holds. @throws if none does in 5 seconds. */
export async function someoneWaits(db: TestDatabase): Promise<void> {
  const end = Date.now() + 5_000;
  while ((await db.admin(waiting)).length === 0) {
    if (Date.now() > end) throw new Error('Nobody waits for an advisory lock');
    await sleep(5);
  }
}
