import { prepared, type Database, type Transaction } from '@acci/database';
import type { EventStore, Position } from '@acci/event-store';
import { applyEvents, clearTables } from '../apply-events.js';
import type { RegisteredProjection } from '../projection-registry.js';
import { lockAppendsOut } from './inline-projections.js';

const markBuilt = prepared(`
  insert into acci.projections as p (name, version, lifecycle) values ($1, $2, 'inline')
  on conflict (name) do update
     set version = excluded.version, lifecycle = 'inline', status = 'running', rebuilding = false,
         attempts = 0, last_error = null,
         epoch = null, transaction = null, position = null,
         lease_generation = p.lease_generation + 1, lease_holder = null, lease_until = null,
         updated_at = clock_timestamp()`);

const eventsAtOnce = 500;

/**
 * Empties an inline projection's tables and replays the whole log through its handler, in one transaction: readers
 * see the old rows until it commits, and all of the new ones from then on.
 *
 * Appends of the projection's events wait meanwhile, and that is what makes it correct. Those that were under way
 * have committed before the replay reads, so it sees their events; those that come later write upon its result.
 * It therefore reads what is committed, settled or not: nothing can slip in behind what it has read.
 *
 * @param wanted asked again once the lock is held; another process may have rebuilt in the meantime.
 */
export async function rebuildInline(
  database: Database,
  store: EventStore,
  { name, version, tables, types, handler }: RegisteredProjection,
  wanted: (tx: Transaction) => Promise<boolean> | boolean = () => true,
): Promise<void> {
  await database.asSystem(`rebuild ${name}`, async (tx) => {
    await tx.query(lockAppendsOut, [name]);
    if (!(await wanted(tx))) return;
    await clearTables(tx, tables);
    for (let after: Position | undefined, more = true; more;) {
      const events = await store.readAll(after, eventsAtOnce, { types, unsettled: true });
      await applyEvents(database, handler, events);
      after = events.at(-1)?.position;
      more = events.length >= eventsAtOnce;
    }
    tx.execute(markBuilt, [name, version]);
  });
}
