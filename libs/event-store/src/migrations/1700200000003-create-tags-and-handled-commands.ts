import { tenantTable } from '@acci/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tags of events, the commands that were handled, and what finds the events that a request caused. */
export class CreateTagsAndHandledCommands1700200000003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      ...tags,
      ...tenantTable('acci.event_tags', { app: ['select', 'insert'], system: ['select'] }),
      ...handledCommands,
      // UPDATE is for locking rows that are about to be deleted.
      ...tenantTable('acci.handled_commands', { system: ['select'] }),
      ...causes('acci.events'),
      ...causes('acci.archived_events'),
    ];
    for (const sql of statements) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop index acci.events_by_cause, acci.archived_events_by_cause');
    await queryRunner.query('drop table acci.handled_commands, acci.event_tags');
    await queryRunner.query('drop function acci.refuse_append(text, text)');
  }
}

const tags = [
  // A tag's events in the order of the log, wherever the events themselves stand.
  `create table acci.event_tags (
     tenant_id uuid not null,
     tag text not null,
     epoch int not null,
     transaction xid8 not null,
     position bigint not null,
     stream_id text not null,
     version int not null,
     type text not null,
     primary key (tenant_id, tag, epoch, transaction, position))`,
  // Called by a statement that travels with an append and finds that it must not be.
  `create function acci.refuse_append(state text, reason text) returns text language plpgsql as $$
   begin
     raise exception '%', reason using errcode = state;
   end $$`,
  'revoke all on function acci.refuse_append(text, text) from public',
  'grant execute on function acci.refuse_append(text, text) to acci_app',
];

const handledCommands = [
  `create table acci.handled_commands (
     tenant_id uuid not null,
     command_id text not null,
     fingerprint text not null,
     result json,
     handled_at timestamptz not null default clock_timestamp(),
     primary key (tenant_id, command_id))`,
  'create index handled_commands_by_age on acci.handled_commands (tenant_id, handled_at)',
];

/**
 * Finds events by what caused them. A B-tree of random ids would cost every append a third more of the server's time
 * and a quarter more WAL, for a question that is asked now and then. A BRIN of Bloom filters costs next to nothing and
 * answers in a millisecond per some hundred thousand events. The filters are sized so that those of one range always
 * fit a page: n_distinct_per_range bounds them, not what is inserted.
 *
 * Nobody can append while it is built. Who has a long log already builds it before, CONCURRENTLY.
 */
function causes(table: string): string[] {
  const filters = ['correlationId', 'causationId', 'commandId'].map(
    (id) => `(metadata ->> '${id}') text_bloom_ops (n_distinct_per_range = 800)`,
  );
  return [
    `create index if not exists ${table.replace('acci.', '')}_by_cause on ${table} using brin (${filters.join(', ')})
       with (pages_per_range = 32, autosummarize = on)`,
  ];
}
