import { globalTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A projection has builds of its tables, and a build has shares of the tenants: each is advanced by itself. */
export class DivideProjections1700300000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [...builds, ...shares, ...runners, ...moveOver, ...checkpoint])
      await queryRunner.query(sql);
  }

  /** What is not in the one share of a serving build is lost: such a projection begins anew. */
  async down(queryRunner: QueryRunner): Promise<void> {
    for (const sql of moveBack) await queryRunner.query(sql);
  }
}

const position = (prefix = ''): string => `
     ${prefix}epoch int,
     ${prefix}transaction xid8,
     ${prefix}position bigint,
     check (num_nulls(${prefix}epoch, ${prefix}transaction, ${prefix}position) in (0, 3))`;

const builds = [
  `create table acci.projection_builds (
     projection text not null references acci.projections (name) on delete cascade,
     build int not null check (build > 0),
     version int not null check (version > 0),
     status text not null check (status in ('filling', 'serving', 'retired', 'aborted')),
     shares int not null check (shares > 0),${position('goal_')},
     start_position bigint,
     requested_by json,
     began_at timestamptz not null default clock_timestamp(),
     served_at timestamptz,
     ended_at timestamptz,
     primary key (projection, build)
   )`,
  ...globalTable('acci.projection_builds', 'which fillings of their tables projections have', {
    system: ['select', 'insert', 'update', 'delete'],
  }),
];

const shares = [
  // A bucket, by its number, or one tenant's, by its id. The checkpoint is null before the first event is handled:
  // whoever works from there empties the share's rows first. The stop is where to pause.
  // fillfactor: the few rows change all the time; with room on their page their old versions are cleaned up in place.
  `create table acci.projection_shares (
     projection text not null,
     build int not null,
     share text not null,
     of_tenant uuid,
     status text not null default 'running' check (status in ('running', 'paused', 'halted', 'off')),${position()},${position('stop_')},
     lease_holder text,
     lease_until timestamptz,
     lease_generation bigint not null default 0,
     attempts int not null default 0,
     last_error json,
     updated_at timestamptz not null default clock_timestamp(),
     primary key (projection, build, share),
     foreign key (projection, build) references acci.projection_builds on delete cascade,
     check (share ~ '^[0-9]{1,4}$' and of_tenant is null or share = of_tenant::text),
     check (num_nulls(lease_holder, lease_until) in (0, 2))
   ) with (fillfactor = 20)`,
  ...globalTable('acci.projection_shares', 'how far projections are in the log of all tenants', {
    system: ['select', 'insert', 'update', 'delete'],
  }),
];

const runners = [
  `create table acci.projection_runners (
     holder text primary key,
     runs text[] not null,
     alive_until timestamptz not null
   ) with (fillfactor = 20)`,
  ...globalTable('acci.projection_runners', 'which processes run projections, and which of them', {
    system: ['select', 'insert', 'update', 'delete'],
  }),
];

const moveOver = [
  `insert into acci.projection_builds (projection, build, version, status, shares, served_at)
   select name, 1, version, 'serving', 1, updated_at from acci.projections`,
  `insert into acci.projection_shares
     (projection, build, share, status, epoch, transaction, position, lease_generation, attempts, last_error, updated_at)
   select name, 1, '0', status, epoch, transaction, position, lease_generation + 1, attempts, last_error, updated_at
     from acci.projections where lifecycle = 'async'`,
  'drop function acci.save_checkpoint(text, bigint, int, xid8, bigint, int, xid8, bigint, interval, boolean)',
  `alter table acci.projections
     drop column version, drop column status, drop column rebuilding, drop column epoch, drop column transaction,
     drop column position, drop column lease_holder, drop column lease_until, drop column lease_generation,
     drop column attempts, drop column last_error, drop column updated_at`,
  'drop table acci.projection_interventions',
];

const saveCheckpoint =
  'acci.save_checkpoint(text, int, text, bigint, int, xid8, bigint, int, xid8, bigint, interval)';

// A function, because it must fail by itself: a batch's writes, this and the commit travel together, so there is
// nobody in between to count the updated rows. Whoever lost the lease meanwhile has all of its batch undone. So has
// whoever starts from another checkpoint than the one that is kept: the answer to a commit can get lost, and a
// standby that takes over may lack the last ones.
const checkpoint = [
  `create function ${saveCheckpoint} returns void language plpgsql as $$
   declare stops boolean;
   begin
     -- $1 projection, $2 build, $3 share, $4 lease generation, $5 to $7 from where, $8 to $10 to where,
     -- $11 how long the lease lasts
     update acci.projection_shares as s
        set epoch = $8, transaction = $9, position = $10, attempts = 0, last_error = null,
            lease_until = case when s.lease_holder is not null then clock_timestamp() + $11 end,
            updated_at = clock_timestamp()
      where s.projection = $1 and s.build = $2 and s.share = $3 and s.lease_generation = $4
        and row(s.epoch, s.transaction, s.position) is not distinct from row($5, $6, $7)
     returning ($8, $9, $10) >= (stop_epoch, stop_transaction, stop_position) into stops;
     if not found then
       raise exception 'share % of build % of projection % has another lease or checkpoint by now', $3, $2, $1
         using errcode = 'LEASE';
     end if;
     if stops then
       update acci.projection_shares as s
          set status = 'paused', stop_epoch = null, stop_transaction = null, stop_position = null,
              lease_holder = null, lease_until = null, lease_generation = s.lease_generation + 1
        where s.projection = $1 and s.build = $2 and s.share = $3;
     end if;
   end $$`,
  `revoke all on function ${saveCheckpoint} from public`,
  `grant execute on function ${saveCheckpoint} to acci_system`,
];

const moveBack = [
  `drop function ${saveCheckpoint}`,
  `alter table acci.projections
     add column version int, add column status text, add column rebuilding boolean not null default false,
     add column epoch int, add column transaction xid8, add column position bigint,
     add column lease_holder text, add column lease_until timestamptz,
     add column lease_generation bigint not null default 0, add column attempts int not null default 0,
     add column last_error json, add column updated_at timestamptz not null default clock_timestamp()`,
  `update acci.projections as p
      set version = b.version, status = coalesce(s.status, 'running'), epoch = s.epoch, transaction = s.transaction,
          position = s.position, attempts = coalesce(s.attempts, 0), last_error = s.last_error
     from (select distinct on (projection) * from acci.projection_builds where status = 'serving'
            order by projection, build desc) as b
     left join acci.projection_shares as s
       on (s.projection, s.build, s.share) = (b.projection, b.build, '0') and b.shares = 1
          and not exists (select from acci.projection_shares as of where of.of_tenant is not null
                           and (of.projection, of.build) = (b.projection, b.build))
    where b.projection = p.name`,
  'delete from acci.projections where version is null',
  `alter table acci.projections
     alter column version set not null, add check (version > 0),
     alter column status set not null, alter column status set default 'running',
     add check (status in ('running', 'paused', 'halted')),
     add check (num_nulls(epoch, transaction, position) in (0, 3)),
     add check (num_nulls(lease_holder, lease_until) in (0, 2))`,
  'drop table acci.projection_runners, acci.projection_shares, acci.projection_builds',
  `create function acci.save_checkpoint(text, bigint, int, xid8, bigint, int, xid8, bigint, interval, boolean)
   returns void language plpgsql as $$
   begin
     update acci.projections as p
        set epoch = $6, transaction = $7, position = $8, lease_until = clock_timestamp() + $9,
            rebuilding = p.rebuilding and not $10, attempts = 0, last_error = null,
            updated_at = clock_timestamp()
      where p.name = $1 and p.lease_generation = $2
        and row(p.epoch, p.transaction, p.position) is not distinct from row($3, $4, $5);
     if not found then
       raise exception 'projection % has another lease or checkpoint by now', $1 using errcode = 'LEASE';
     end if;
   end $$`,
  'revoke all on function acci.save_checkpoint(text, bigint, int, xid8, bigint, int, xid8, bigint, interval, boolean) from public',
  'grant execute on function acci.save_checkpoint(text, bigint, int, xid8, bigint, int, xid8, bigint, interval, boolean) to acci_system',
  `create table acci.projection_interventions (
     id bigint generated always as identity primary key,
     projection text not null,
     act text not null check (act in ('pause', 'resume', 'retry', 'skip', 'rebuild')),
     actor text not null,
     reason text not null,
     passed_over json,
     acted_at timestamptz not null default clock_timestamp())`,
  ...globalTable('acci.projection_interventions', 'what operators did to projections', {
    system: ['select', 'insert'],
  }),
];
