import { prepared } from '@acci/database';
import type { EventStore } from '@acci/event-store';
import type { ProjectionRegistry } from '../projection-registry.js';
import { BuildTables } from '../table/build-tables.js';

// Two keys of 32 bits: a space of locks apart from those with one key of 64. The first spells "acci".
const lockClass = 0x61636369;
/** Waits until no build of the projection is being put in place, and keeps one waiting until the commit. */
export const lockRebuildsOut = prepared(`select pg_advisory_xact_lock_shared(${lockClass}, hashtext($1))`);

/** Waits until no append of the projection's events and no forgetting is under way, and keeps further ones waiting until the commit. */
export const lockAppendsOut = prepared(`select pg_advisory_xact_lock(${lockClass}, hashtext($1))`);

/**
 * Makes the inline projections part of every append that has events for them, and of every group of appends. Whoever puts
 * a build in place holds the lock alone; an append that comes meanwhile waits, and then writes upon what the build made of
 * everything before it. A group is undone instead, and its appends wait one by one.
 */
export function projectInline(registry: ProjectionRegistry, store: EventStore): void {
  for (const { name, types, handler, tables: declared } of registry.list('inline')) {
    const tables = new BuildTables(declared);
    store.onAppend(
      async (events, tx) => {
        tx.execute(lockRebuildsOut, [name]);
        const led = await tables.open(tx);
        for (const event of events) await handler.handle(event, led);
        led.settle();
      },
      { types },
    );
  }
}
