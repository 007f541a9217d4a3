import { globalTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far each projection is, who works on it, and what operators did to it. */
export class CreateProjections1700300000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [...projections, ...checkpoint, ...interventions]) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`drop function ${saveCheckpoint}`);
    await queryRunner.query('drop table acci.projection_interventions, acci.projections');
  }
}

const projections = [
  // The checkpoint is null before the first event is handled: whoever works from there empties the tables first.
  // fillfactor: the few rows change all the time; with room on their page their old versions are cleaned up in place.
  `create table acci.projections (
     name text primary key,
     version int not null check (version > 0),
     lifecycle text not null check (lifecycle in ('inline', 'async')),
     status text not null default 'running' check (status in ('running', 'paused', 'halted')),
     rebuilding boolean not null default false,
     epoch int,
     transaction xid8,
     position bigint,
     lease_holder text,
     lease_until timestamptz,
     lease_generation bigint not null default 0,
     attempts int not null default 0,
     last_error json,
     updated_at timestamptz not null default clock_timestamp(),
     check (num_nulls(epoch, transaction, position) in (0, 3)),
     check (num_nulls(lease_holder, lease_until) in (0, 2))
   ) with (fillfactor = 20)`,
  ...globalTable('acci.projections', 'how far projections are in the log of all tenants', {
    system: ['select', 'insert', 'update'],
  }),
];

const saveCheckpoint =
  'acci.save_checkpoint(text, bigint, int, xid8, bigint, int, xid8, bigint, interval, boolean)';

// A function, because it must fail by itself: a batch's writes, this and the commit travel together, so there is
// nobody in between to count the updated rows. Whoever lost the lease meanwhile has all of its batch undone. So has
// whoever starts from another checkpoint than the one that is kept: the answer to a commit can get lost, and a
// standby that takes over may lack the last ones.
const checkpoint = [
  `create function ${saveCheckpoint} returns void language plpgsql as $$
   begin
     -- $1 projection, $2 lease generation, $3 to $5 from where, $6 to $8 to where, $9 how long the lease lasts,
     -- $10 caught up
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
  `revoke all on function ${saveCheckpoint} from public`,
  `grant execute on function ${saveCheckpoint} to acci_system`,
];

const interventions = [
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
