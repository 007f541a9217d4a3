import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of tenants and of persons, where a person's data is, and what is left of it once they are forgotten. */
export class CreatePersonalData1700200000004 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      tenantKeys,
      // Requests have no business with them: keys are read and made by the system.
      ...tenantTable('acci.tenant_keys', { app: [], system: ['select', 'insert', 'update', 'delete'] }),
      subjectKeys,
      // The app locks keys while it appends, and destroys them; it never makes one.
      ...tenantTable('acci.subject_keys', {
        app: ['select', 'insert', 'update'],
        system: ['select', 'insert', 'update'],
      }),
      ...finality,
      subjectStreams,
      ...tenantTable('acci.subject_streams', { app: ['select', 'insert'], system: ['select'] }),
      ...receipts,
      ...tenantTable('acci.forgotten_subjects', { app: ['select', 'insert'], system: ['select'] }),
      ...claims,
      ...erasures,
      ...hold,
      ...eventsOfSubjects,
    ];
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      'drop index acci.events_of_subjects, acci.archived_events_of_subjects',
      'drop function acci.subjects_lost(int, bigint)',
      'drop trigger destroy_keys on acci.tenant_erasures',
      'drop function acci.destroy_tenant_keys()',
      'alter table acci.tenant_erasures drop column transaction',
      'alter table acci.unique_claims drop column subject',
      'drop table acci.forgotten_subjects, acci.subject_streams, acci.subject_keys, acci.tenant_keys',
      'drop function acci.refuse_key_revival()',
    ];
    for (const sql of statements) await queryRunner.query(sql);
  }
}

// Without a master key: the tenant was purged, and its keys are destroyed. The rows themselves go with the others.
const tenantKeys = `
  create table acci.tenant_keys (
    tenant_id uuid not null,
    version int not null check (version > 0),
    master_key_id text,
    wrapped bytea,
    claims_key bytea,
    made_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, version),
    check (num_nulls(master_key_id, wrapped, claims_key) in (0, 3)))`;

// Without a key: the subject is forgotten. The row stays, so that there can never be another one.
const subjectKeys = `
  create table acci.subject_keys (
    tenant_id uuid not null,
    subject text not null,
    tenant_key int,
    wrapped bytea,
    primary key (tenant_id, subject),
    -- A tenant's key cannot go while something is wrapped by it.
    foreign key (tenant_id, tenant_key) references acci.tenant_keys (tenant_id, version),
    check (num_nulls(tenant_key, wrapped) in (0, 2)))`;

const finality = [
  `create function acci.refuse_key_revival() returns trigger language plpgsql as $$
   begin
     if tg_op = 'DELETE' then
       if exists (select from acci.tenant_erasures where erased_tenant = old.tenant_id) then
         return old;
       end if;
       raise exception 'who is forgotten stays forgotten' using errcode = 'insufficient_privilege';
     end if;
     if old.wrapped is null and new.wrapped is not null
       or (old.tenant_id, old.subject) is distinct from (new.tenant_id, new.subject) then
       raise exception 'a destroyed key stays destroyed' using errcode = 'insufficient_privilege';
     end if;
     return new;
   end $$`,
  `create trigger final before update or delete on acci.subject_keys
     for each row execute function acci.refuse_key_revival()`,
  'alter table acci.subject_keys enable always trigger final',
];

// Where else a person's data is than in events whose metadata names them, and in the stream that has their id.
const subjectStreams = `
  create table acci.subject_streams (
    tenant_id uuid not null,
    subject text not null,
    stream_id text not null,
    primary key (tenant_id, subject, stream_id))`;

const receipts = [
  `create table acci.forgotten_subjects (
     tenant_id uuid not null,
     id uuid not null,
     subject text not null,
     transaction xid8 not null default pg_current_xact_id(),
     forgotten_at timestamptz not null,
     forgotten_by text not null,
     position text not null,
     events text[] not null,
     rows json not null,
     primary key (tenant_id, id),
     unique (tenant_id, subject))`,
  'create index forgotten_subjects_by_transaction on acci.forgotten_subjects (transaction)',
];

const claims = [
  'alter table acci.unique_claims add column subject text',
  'create index unique_claims_of_subjects on acci.unique_claims (tenant_id, subject) where subject is not null',
];

const erasures = [
  'alter table acci.tenant_erasures add column transaction xid8 not null default pg_current_xact_id()',
  `create function acci.destroy_tenant_keys() returns trigger language plpgsql as $$
   begin
     update acci.tenant_keys set master_key_id = null, wrapped = null, claims_key = null
      where tenant_id = new.erased_tenant;
     return null;
   end $$`,
  `create trigger destroy_keys after insert on acci.tenant_erasures
     for each row execute function acci.destroy_tenant_keys()`,
];

// Called by the statement that locks subjects, if some of them have no key that it could see.
const hold = [
  `create function acci.subjects_lost(wanted int, known bigint) returns text language plpgsql as $$
   begin
     if known < wanted then
       -- The key was made after this transaction took its snapshot: begun anew, the transaction will see it.
       raise exception 'the key of a subject is too new' using errcode = 'serialization_failure';
     end if;
     raise exception 'a subject has been forgotten' using errcode = 'FORGT';
   end $$`,
  'revoke all on function acci.subjects_lost(int, bigint) from public',
  'grant execute on function acci.subjects_lost(int, bigint) to acci_app',
];

// Most events are about one person, whom their metadata names. A B-tree would cost each append more than this.
const eventsOfSubjects = ['events', 'archived_events'].map(
  (table) => `create index if not exists ${table}_of_subjects on acci.${table}
    using brin ((metadata ->> 'subject') text_bloom_ops (n_distinct_per_range = 800))
    with (pages_per_range = 32, autosummarize = on)`,
);
