import type { OwnerDatabase } from '@acci/database';
import type { BuildRef } from './build-ref.js';
import { limitLocks, isLockedOut, lockOthersOut, recordTables, type StoredTable } from './build-store.js';

// A build of a version that no program has, and that another one has taken the place of or never will.
const selectUnused = `
  select b.projection, b.build
    from acci.projection_builds as b
    join acci.projections as p on p.name = b.projection
   where b.seen_at < clock_timestamp() - $1::interval
     and (b.status = 'filling'
          or b.status = 'serving' and p.lifecycle = 'async'
             and exists (select from acci.projection_builds as newer
                          where newer.projection = b.projection and newer.version > b.version
                            and newer.status = 'serving'
                            and newer.served_at < clock_timestamp() - $1::interval))
     and not exists (select from acci.projection_shares as s
                      where s.projection = b.projection and s.build = b.build
                        and s.lease_until > clock_timestamp() - $1::interval)`;

// Shadows, and tables made in code, of builds that are over, unless a build that is not keeps its rows there.
const selectLeft = `
  select t.projection, t.build, t.stored_in,
         (t.made_in_code or t.stored_in <> t.table_name)
           and not exists (select from acci.projection_tables as o
                             join acci.projection_builds as ob using (projection, build)
                            where o.stored_in = t.stored_in and ob.status in ('filling', 'serving')) as unused
    from acci.projection_tables as t
    left join acci.projection_builds as b using (projection, build)
   where b.status is null or b.status in ('aborted', 'retired')
   order by t.projection`;

/**
 * Marks the builds of a program as seen, ends those that no program has had for long, and drops what builds that are
 * over have left. Whatever is used just now is left to the next time.
 *
 * @param inPlace the tables of a build that serves since before its tables were written down.
 */
export async function tidyBuilds(
  owner: OwnerDatabase,
  known: readonly BuildRef[],
  afterMs: number,
  inPlace: (ref: BuildRef) => Parameters<typeof recordTables>[2],
): Promise<void> {
  await owner.transaction(async (query) => {
    for (const ref of known) {
      await query(
        `update acci.projection_builds set seen_at = clock_timestamp()
          where projection = $1 and build = $2 and seen_at < clock_timestamp() - interval '30 seconds'`,
        [ref.projection, ref.build],
      );
      const [recorded] = await query(
        'select from acci.projection_tables where projection = $1 and build = $2 limit 1',
        [ref.projection, ref.build],
      );
      if (ref.status === 'serving' && !recorded) await recordTables(query, ref, inPlace(ref));
    }
  });
  await owner.transaction(async (query) => {
    for (const { projection, build } of await query(selectUnused, [`${afterMs} milliseconds`])) {
      await query(
        `update acci.projection_builds
            set status = case status when 'serving' then 'retired' else 'aborted' end, ended_at = clock_timestamp()
          where projection = $1 and build = $2`,
        [projection, build],
      );
      await query('delete from acci.projection_shares where projection = $1 and build = $2', [
        projection,
        build,
      ]);
    }
  });
  const left = (await owner.transaction((query) => query(selectLeft))) as unknown as Left[];
  for (const table of left) await clearUp(owner, table);
}

interface Left extends Pick<StoredTable, 'stored_in'> {
  readonly projection: string;
  readonly build: number;
  readonly unused: boolean;
}

async function clearUp(owner: OwnerDatabase, { projection, build, stored_in, unused }: Left): Promise<void> {
  try {
    await owner.transaction(async (query) => {
      await limitLocks(query);
      await lockOthersOut(query, projection);
      if (unused) await query(`drop table if exists ${stored_in} cascade`);
      await query(
        'delete from acci.projection_tables where projection = $1 and build = $2 and stored_in = $3',
        [projection, build, stored_in],
      );
    });
  } catch (error) {
    if (!isLockedOut(error)) throw error;
  }
}
