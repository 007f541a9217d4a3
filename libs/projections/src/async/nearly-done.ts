import { prepared, type Database } from '@acci/database';
import type { BuildRef } from '../build/build-ref.js';

const fewEvents = 1_000;

// A share that has stopped is far enough if what serves is no further for its tenant.
const readNearly = prepared(`
  with mine as (
    select * from acci.projection_shares where projection = $1 and build = $2 and status <> 'off'),
  least as (
    select coalesce(epoch, 0) as epoch, coalesce(transaction, '0') as transaction, coalesce(position, 0) as position
      from mine where status = 'running' order by mine.epoch nulls first, mine.transaction, mine.position limit 1)
  select not exists (
           select from mine
            where status <> 'running' and not exists (
                    select from acci.projection_shares as other
                      join acci.projection_builds as b using (projection, build)
                     where other.projection = mine.projection and b.status = 'serving'
                       and other.of_tenant is not distinct from mine.of_tenant
                       and (other.epoch, other.transaction, other.position)
                           <= (mine.epoch, mine.transaction, mine.position)))
         and (select count(*) < ${fewEvents}
                from (select from least
                        join acci.event_log as e
                          on (e.epoch, e.transaction, e.position) > (least.epoch, least.transaction, least.position)
                       limit ${fewEvents}) as ahead) as nearly`);

/**
 * True if a build that is being filled is so near to the end of the log, with each of its shares, that what serves may
 * be held for it to come to the same place.
 */
export async function nearlyDone(database: Database, { projection, build }: BuildRef): Promise<boolean> {
  const [row] = await database.queryAsSystem<{ nearly: boolean }>('look how far a build is', readNearly, [
    projection,
    build,
  ]);
  return row?.nearly ?? false;
}
