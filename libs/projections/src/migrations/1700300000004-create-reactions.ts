import { globalTable, tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What subscriptions and process managers have still to do, in which order, and what of it failed for good. */
export class CreateReactions1700300000004 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [...reactions, ...lanes, ...deliveries, ...deadLetters, ...processes, ...leases];
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`drop function ${holdLane}, ${finishDelivery}`);
    await queryRunner.query(
      'drop table acci.processes, acci.dead_letters, acci.reaction_deliveries, acci.reaction_lanes, acci.reactions',
    );
  }
}

// Null: from the first event on.
const reactions = [
  `create table acci.reactions (
     name text primary key,
     kind text not null check (kind in ('subscription', 'process')),
     since_epoch int,
     since_transaction xid8,
     since_position bigint,
     began_at timestamptz not null default clock_timestamp(),
     check (num_nulls(since_epoch, since_transaction, since_position) in (0, 3)))`,
  ...globalTable('acci.reactions', 'from which event on what is subscribed reacts', {
    system: ['select', 'insert'],
  }),
];

// The unit of order: a stream of a subscription, a process of a process manager. It stays when nothing is left to do,
// since it says which event was taken in last: to meet that one again, in a rebuild, changes nothing.
// fillfactor: a busy one changes with every delivery.
const lanes = [
  `create table acci.reaction_lanes (
     tenant_id uuid not null,
     reaction text not null,
     lane text not null,
     epoch int,
     transaction xid8,
     position bigint,
     part int,
     due_at timestamptz,
     dead boolean not null default false,
     attempts int not null default 0,
     lease_holder text,
     lease_until timestamptz,
     lease_generation bigint not null default 0,
     primary key (tenant_id, reaction, lane),
     check (num_nulls(epoch, transaction, position, part) in (0, 4)),
     check (num_nulls(lease_holder, lease_until) in (0, 2)),
     check (not dead or due_at is null)
   ) with (fillfactor = 70)`,
  'create index reaction_lanes_due on acci.reaction_lanes (reaction, due_at) where due_at is not null',
  'create index reaction_lanes_leased on acci.reaction_lanes (lease_holder) where lease_holder is not null',
  ...tenantTable('acci.reaction_lanes', { system: ['select', 'update'] }),
];

// Events by their place, never their data: what is personal in them is read, or is not there any more, when its turn has
// come. Commands and timers are the process's own.
const deliveries = [
  `create table acci.reaction_deliveries (
     tenant_id uuid not null,
     reaction text not null,
     lane text not null,
     number bigint generated always as identity,
     id uuid not null default uuidv7(),
     kind text not null check (kind in ('event', 'timer', 'command')),
     due_at timestamptz not null default clock_timestamp(),
     stream_type text,
     stream_id text,
     version int,
     part int,
     name text not null,
     data json,
     primary key (tenant_id, reaction, lane, number),
     check (num_nulls(stream_type, stream_id, version, part) = case kind when 'event' then 0 else 4 end))`,
  `create unique index reaction_deliveries_timer on acci.reaction_deliveries (tenant_id, reaction, lane, name)
     where kind = 'timer'`,
  ...tenantTable('acci.reaction_deliveries', { system: ['select'] }),
];

const deadLetters = [
  `create table acci.dead_letters (
     tenant_id uuid not null,
     id uuid not null,
     reaction text not null,
     lane text not null,
     number bigint not null,
     kind text not null check (kind in ('event', 'timer', 'command')),
     name text not null,
     stream_type text,
     stream_id text,
     version int,
     attempts int not null,
     error text not null,
     failed_at timestamptz not null default clock_timestamp(),
     status text not null default 'open' check (status in ('open', 'retrying', 'discarded')),
     settled_by text,
     reason text,
     settled_at timestamptz,
     primary key (tenant_id, id))`,
  `create index dead_letters_open on acci.dead_letters (reaction) where status = 'open'`,
  ...tenantTable('acci.dead_letters', { system: ['select'] }),
];

const processes = [
  `create table acci.processes (
     tenant_id uuid not null,
     process text not null,
     id text not null,
     version int not null check (version > 0),
     status text not null check (status in ('running', 'completed')),
     state json not null,
     correlation_id text not null,
     began_at timestamptz not null default clock_timestamp(),
     updated_at timestamptz not null default clock_timestamp(),
     primary key (tenant_id, process, id))`,
  ...tenantTable('acci.processes', { system: ['select'] }),
];

const holdLane = 'acci.hold_lane(uuid, text, text, bigint, interval)';
const finishDelivery = 'acci.finish_delivery(uuid, text, text, bigint)';

// Functions, because they must fail by themselves: what is written under a lease travels with them and with the commit,
// so there is nobody in between to see that the lease was lost, or that the delivery is done already. All of it is undone
// then.
const leases = [
  `create function ${holdLane} returns void language plpgsql as $$
   begin
     -- $1 tenant, $2 reaction, $3 lane, $4 lease generation, $5 how long the lease lasts
     update acci.reaction_lanes set lease_until = clock_timestamp() + $5
      where tenant_id = $1 and reaction = $2 and lane = $3 and lease_generation = $4 and lease_holder is not null;
     if not found then
       raise exception 'lane % of % has another lease by now', $3, $2 using errcode = 'LEASE';
     end if;
   end $$`,
  `create function ${finishDelivery} returns void language plpgsql as $$
   begin
     -- $1 tenant, $2 reaction, $3 lane, $4 number
     delete from acci.reaction_deliveries where tenant_id = $1 and reaction = $2 and lane = $3 and number = $4;
     if not found then
       raise exception 'delivery % in lane % of % is done by now', $4, $3, $2 using errcode = 'LEASE';
     end if;
   end $$`,
  `revoke all on function ${holdLane}, ${finishDelivery} from public`,
  `grant execute on function ${holdLane}, ${finishDelivery} to acci_app`,
];
