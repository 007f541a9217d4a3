import { prepared } from '@acci/database';
import type { BuildStatus } from '../build/build-ref.js';
import type { ShareRow } from '../projection-state.js';
import type { ProjectionTenants } from '../projection.js';

/** A share that this process may go on with, or should leave to another one. */
export interface TendedRow extends ShareRow {
  readonly surplus: boolean;
  readonly version: number;
  readonly build_status: BuildStatus;
  readonly buckets: number;
  readonly tenants: ProjectionTenants;
}

// Most of one build's shares that one process works on. Many tenants may have one of their own after a broken handler
// was mended; those that have caught up make room for the next.
const mostShares = 32;

/**
 * All that a process asks when it looks around, in one statement: it says that it lives, renews its leases, takes free ones
 * up to its part, and learns which ones it has beyond that since others came. Each of the processes that can run a build
 * has its part of the shares, the same number but for one; which ones have one more comes out differently for each build.
 * A share that can be worked on runs, or is to be emptied for a tenant. Buckets come first: a tenant's own share ends when
 * it has caught up with its bucket. Only rows that nobody is writing to just now are taken: a checkpoint under way renews
 * its lease itself.
 */
export const lookAround = prepared(`
  with announced as (
    insert into acci.projection_runners (holder, runs, alive_until)
    select $1, coalesce(array_agg(name || '@' || version), '{}'), clock_timestamp() + $4::interval
      from unnest($2::text[], $3::int[]) as wanted(name, version)
    on conflict (holder) do update set runs = excluded.runs, alive_until = excluded.alive_until),
  builds as (
    select b.projection, b.build, b.version, b.status as build_status, b.shares as buckets, b.tenants
      from acci.projection_builds as b
      join unnest($2::text[], $3::int[]) as wanted(name, version)
        on wanted.name = b.projection and wanted.version = b.version
     where b.status in ('filling', 'serving')),
  workable as (
    select s.projection, s.build, s.share, s.lease_holder,
           count(*) over (partition by s.projection, s.build) as shares,
           row_number() over (partition by s.projection, s.build, s.lease_holder is not distinct from $1
                              order by s.of_tenant nulls first, s.share) as nth_of_mine,
           row_number() over (partition by s.projection, s.build,
                                           coalesce(s.lease_holder <> $1 and s.lease_until >= clock_timestamp(), false)
                              order by s.of_tenant is not null, s.lease_holder is distinct from $1, s.share) as nth
      from acci.projection_shares as s join builds using (projection, build)
     where s.status = 'running' or s.status = 'off' and s.epoch is null),
  runners as (
    select projection, build, holder, count(*) over (partition by projection, build) as runners,
           row_number() over (partition by projection, build order by md5(projection || build || holder)) as place
      from builds
      join (select holder, runs from acci.projection_runners where alive_until >= clock_timestamp() and holder <> $1
            union all
            select $1, array(select projection || '@' || version from builds)) as alive
        on runs @> array[projection || '@' || version]),
  quotas as (
    select projection, build, shares / runners + (place <= shares % runners)::int as quota
      from runners
      join (select distinct projection, build, shares from workable) as counted using (projection, build)
     where holder = $1),
  free as (
    select s.projection, s.build, s.share
      from acci.projection_shares as s
      join workable as w using (projection, build, share)
      join quotas as q using (projection, build)
     where w.nth <= least(q.quota, ${mostShares})
       and (s.status = 'running' or s.status = 'off' and s.epoch is null)
       and (s.lease_holder = $1 or s.lease_until is null or s.lease_until < clock_timestamp())
       for update of s skip locked),
  held as (
    update acci.projection_shares as s
       set lease_holder = $1, lease_until = clock_timestamp() + $4::interval,
           lease_generation = s.lease_generation + (s.lease_holder is distinct from $1)::int
      from free
     where (s.projection, s.build, s.share) = (free.projection, free.build, free.share)
    returning s.*)
  select false as surplus, held.*, b.version, b.build_status, b.buckets, b.tenants
    from held join builds as b using (projection, build)
   union all
  select true, s.*, b.version, b.build_status, b.buckets, b.tenants
    from acci.projection_shares as s
    join builds as b using (projection, build)
    join workable as w using (projection, build, share)
    join quotas as q using (projection, build)
   where w.lease_holder = $1 and w.nth_of_mine > q.quota`);
