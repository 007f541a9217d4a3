import { globalTable, tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { eventStoreAfterMigrate } from '../epochs.js';

/** The tenant that owns the tenants: their own streams are in it, named by their ids. */
const platformTenant = '00000000-0000-7000-8000-000000000000';

/** The event log, the unique values that streams hold, and what keeps both honest. */
export class CreateEvents1700200000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      ...epochs,
      ...events,
      ...tenantTable('acci.events', { app: ['select', 'insert'], system: ['select'] }),
      ...erasures,
      ...appendOnly,
      ...streamOrder,
      ...claims,
      ...tenantTable('acci.unique_claims', { system: ['select'] }),
    ];
    for (const sql of statements) await queryRunner.query(sql);
    await eventStoreAfterMigrate((sql, values) => queryRunner.query(sql, values));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'drop table acci.unique_claims, acci.events, acci.tenant_erasures, acci.event_epochs',
    );
    await queryRunner.query(
      'drop function acci.claim_taken(bigint), acci.keep_stream_order(uuid, text, int), acci.refuse_event_change(), acci.current_epoch()',
    );
  }
}

// The SQLSTATEs TAKEN and STALE are ours: their classes are left to implementations by the standard.
const epochs = [
  `create table acci.event_epochs (
     epoch int primary key,
     system_identifier bigint not null,
     timeline int not null,
     started_at timestamptz not null default clock_timestamp())`,
  ...globalTable('acci.event_epochs', 'which clusters the event log has lived in', {
    app: ['select'],
    system: ['select'],
  }),
  `create function acci.current_epoch() returns int language plpgsql stable as $$
   declare newest acci.event_epochs;
   begin
     select * into newest from acci.event_epochs order by epoch desc limit 1;
     if newest.system_identifier is distinct from (pg_control_system()).system_identifier then
       raise exception 'the event log has not been adopted by this cluster' using errcode = 'STALE';
     end if;
     return newest.epoch;
   end $$`,
  'revoke all on function acci.current_epoch() from public',
  'grant execute on function acci.current_epoch() to acci_app, acci_system',
];

const events = [
  // `json`, not `jsonb`: data is written and read whole, and must come back as it was given.
  `create table acci.events (
     position bigint generated always as identity,
     transaction xid8 not null default pg_current_xact_id(),
     epoch int not null,
     tenant_id uuid not null,
     stream_type text not null,
     stream_id text not null,
     version int not null check (version > 0),
     event_id uuid not null,
     type text not null,
     schema_version int not null,
     data json not null,
     metadata json not null,
     recorded_at timestamptz not null default clock_timestamp(),
     primary key (tenant_id, stream_id, version))`,
  // The order of the log. Not unique: an index that enforces something across tenants would tell of the others.
  'create index events_in_order on acci.events (epoch, transaction, position)',
];

const erasures = [
  `create table acci.tenant_erasures (
     erased_tenant uuid primary key check (erased_tenant <> '${platformTenant}'),
     requested_at timestamptz not null default clock_timestamp(),
     completed_at timestamptz,
     counts json)`,
  ...globalTable('acci.tenant_erasures', 'outlives the tenants that it names', {
    system: ['select', 'insert', 'update'],
  }),
];

const appendOnly = [
  `create function acci.refuse_event_change() returns trigger language plpgsql as $$
   begin
     if tg_op = 'DELETE' and current_user = 'acci_owner' and exists (
       select from acci.tenant_erasures
        where erased_tenant = old.tenant_id
           or (old.tenant_id = '${platformTenant}' and erased_tenant::text = old.stream_id)
     ) then
       return old;
     end if;
     raise exception 'the event log is append-only: % refused', tg_op using errcode = 'insufficient_privilege';
   end $$`,
  `create trigger append_only before update or truncate on acci.events
     for each statement execute function acci.refuse_event_change()`,
  `create trigger delete_erased_only before delete on acci.events
     for each row execute function acci.refuse_event_change()`,
  // ALWAYS: also in a session that plays a replica, where triggers do not fire otherwise.
  'alter table acci.events enable always trigger append_only, enable always trigger delete_erased_only',
];

const streamOrder = [
  // A transaction gets its id, which is its place in the log, with its first write. If another one began later, appended
  // to a stream and committed, then our next event of that stream would stand before the one that it follows. As a
  // serialization failure it makes the transaction begin anew, under a new id.
  `create function acci.keep_stream_order(tenant uuid, stream text, last int) returns void language plpgsql as $$
   begin
     if exists (
       select from acci.events
        where tenant_id = tenant and stream_id = stream and version = last
          and (epoch, transaction) > (acci.current_epoch(), pg_current_xact_id())
     ) then
       raise exception 'the stream has gone on in a later transaction' using errcode = 'serialization_failure';
     end if;
   end $$`,
  'revoke all on function acci.keep_stream_order(uuid, text, int) from public',
  'grant execute on function acci.keep_stream_order(uuid, text, int) to acci_app',
];

const claims = [
  `create table acci.unique_claims (
     tenant_id uuid not null,
     scope text not null,
     value text not null,
     stream_id text not null,
     primary key (tenant_id, scope, value))`,
  // Called for a value that another stream holds. Under row-level security PostgreSQL does not say which key was
  // violated, so the statement that claims passes the number of the claim.
  `create function acci.claim_taken(number bigint) returns text language plpgsql as $$
   begin
     raise exception 'the value is taken by another stream' using errcode = 'TAKEN', detail = number;
   end $$`,
  'revoke all on function acci.claim_taken(bigint) from public',
  'grant execute on function acci.claim_taken(bigint) to acci_app',
];
