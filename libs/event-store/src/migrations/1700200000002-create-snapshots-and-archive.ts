import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const platformTenant = '00000000-0000-7000-8000-000000000000';

/** Snapshots of aggregates, and the place where events of archived streams stand. */
export class CreateSnapshotsAndArchive1700200000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      snapshots,
      ...tenantTable('acci.snapshots', { system: ['select', 'delete'] }),
      ...archive,
      ...tenantTable('acci.archived_events', { app: ['select'], system: ['select'] }),
      ...archiveOnly,
      eventLog,
      'grant select on acci.event_log to acci_app, acci_system',
      streamsToArchive,
      ...tenantTable('acci.streams_to_archive', { app: ['select', 'insert'], system: ['select'] }),
      refuseEventChange(`
        if tg_table_name = 'events' and old.type <> 'acci.stream.archived' and exists (
          select from acci.archived_events as copy
           where copy.tenant_id = old.tenant_id and copy.stream_id = old.stream_id and copy.version = old.version
             and copy::text = old::text
        ) and (
          select type from acci.events as last
           where last.tenant_id = old.tenant_id and last.stream_id = old.stream_id
           order by version desc limit 1
        ) = 'acci.stream.archived' then
          return old;
        end if;`),
    ];
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      // Back where they came from, or they would go with their table. FORCE is lifted to see those of all tenants.
      'alter table acci.archived_events no force row level security',
      'alter table acci.events no force row level security',
      'insert into acci.events overriding system value select * from acci.archived_events',
      'alter table acci.events force row level security',
      'drop view acci.event_log',
      'drop table acci.streams_to_archive, acci.archived_events, acci.snapshots',
      refuseEventChange(''),
    ];
    for (const sql of statements) await queryRunner.query(sql);
  }
}

// A snapshot names the last event that is in it. If the log does not have that event in that place, the log was restored
// to a time before it, and the snapshot is of a history that did not happen.
const snapshots = `
  create table acci.snapshots (
    tenant_id uuid not null,
    stream_id text not null,
    stream_type text not null,
    version int not null check (version > 0),
    event_id uuid not null,
    schema_version int not null,
    state json not null,
    taken_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, stream_id))`;

const archive = [
  'create table acci.archived_events (like acci.events, primary key (tenant_id, stream_id, version))',
  'create index archived_events_in_order on acci.archived_events (epoch, transaction, position)',
];

const archiveOnly = [
  `create trigger append_only before update or truncate on acci.archived_events
     for each statement execute function acci.refuse_event_change()`,
  `create trigger delete_erased_only before delete on acci.archived_events
     for each row execute function acci.refuse_event_change()`,
  'alter table acci.archived_events enable always trigger append_only, enable always trigger delete_erased_only',
];

const columns = `position, transaction, epoch, tenant_id, stream_type, stream_id, version, event_id, type, schema_version,
                 data, metadata, recorded_at`;

const eventLog = `
  create view acci.event_log with (security_invoker = true) as
    select ${columns} from acci.events
    union all
    select ${columns} from acci.archived_events`;

const streamsToArchive = `
  create table acci.streams_to_archive (
    tenant_id uuid not null,
    stream_id text not null,
    version int not null,
    primary key (tenant_id, stream_id))`;

/** Refuses every change to an event but the owner's deletion of an erased tenant's, and of what `except` lets go. */
function refuseEventChange(except: string): string {
  return `create or replace function acci.refuse_event_change() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' and current_user = 'acci_owner' then
        if exists (
          select from acci.tenant_erasures
           where erased_tenant = old.tenant_id
              or (old.tenant_id = '${platformTenant}' and erased_tenant::text = old.stream_id)
        ) then
          return old;
        end if;${except}
      end if;
      raise exception 'the event log is append-only: % refused', tg_op using errcode = 'insufficient_privilege';
    end $$`;
}
