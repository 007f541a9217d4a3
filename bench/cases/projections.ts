import { DatabaseModule, prepared, tenantTable, uuidv7, type Transaction } from '@acci/database';
import { EventStore, EventStoreModule } from '@acci/event-store';
import {
  Projection,
  Projections,
  ProjectionsModule,
  type ProjectedEvent,
  type ProjectionClass,
  type ProjectionTransaction,
} from '@acci/projections';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { BenchDatabase } from '../bench-database.ts';
import { Note, NoteTaken, type NoteEvent } from './append.ts';

/** Makes a table of rows by tenant and id, under row-level security as our own are. */
export async function makeRowsTable({ plain }: BenchDatabase, table: string): Promise<void> {
  await plain.query(
    `create table ${table} (tenant_id uuid not null, id text, words int, primary key (tenant_id, id))`,
  );
  for (const sql of tenantTable(table)) await plain.query(sql);
}

/** A table and the projection that keeps it: a row per event, written in bulk where there are many. */
export function rowsProjection(
  table: string,
  lifecycle: 'inline' | 'async',
  events: typeof Note.events = [NoteTaken],
): ProjectionClass {
  class Rows {
    handle({ streamId, data }: ProjectedEvent<NoteEvent>, tx: ProjectionTransaction): void {
      tx.put(table, { id: streamId, words: data.words });
    }
  }
  Projection({ name: nameOf(table), version: 1, lifecycle, events, tables: [table] })(Rows);
  return Rows;
}

/** The same, by a statement for each event, as a handler that knows only one at a time. */
export function statementsProjection(table: string): ProjectionClass {
  const upsert = prepared(`insert into ${table} (tenant_id, id, words) values ($1, $2, $3)
    on conflict (tenant_id, id) do update set words = excluded.words`);
  class Statements {
    handle({ tenantId, streamId, data }: ProjectedEvent<NoteEvent>, tx: Transaction): void {
      tx.execute(upsert, [tenantId, streamId, data.words]);
    }
  }
  Projection({ name: nameOf(table), version: 1, lifecycle: 'async', events: [NoteTaken], tables: [table] })(
    Statements,
  );
  return Statements;
}

/** The name of a table's projection. */
export function nameOf(table: string): string {
  return table.replaceAll('_', '-');
}

/** A program with these projections. */
export async function program(
  { urls }: Pick<BenchDatabase, 'urls'>,
  projections: readonly ProjectionClass[],
  { runner, aggregates = [Note] }: { runner: boolean; aggregates?: readonly (typeof Note)[] },
): Promise<INestApplicationContext> {
  class Program {}
  Module({
    imports: [
      DatabaseModule.forRoot({ urls, migrations: [], migrateOnStart: false, isolationGate: false }),
      EventStoreModule.forRoot(),
      EventStoreModule.forFeature(aggregates),
      ProjectionsModule.forRoot({ runner }),
      ProjectionsModule.forFeature(projections),
    ],
  })(Program);
  return NestFactory.createApplicationContext(Program, { logger: ['error'] });
}

/** Waits until the projections of a program have come to the end of the log. @returns the seconds that it took. */
export async function catchUpSeconds(app: INestApplicationContext): Promise<number> {
  const start = performance.now();
  const head = await app.get(EventStore).head();
  if (head) await app.get(Projections).waitFor(head, { timeoutMs: 900_000 });
  return (performance.now() - start) / 1_000;
}

/** Notes of a hundred tenants, one event each. */
export async function seedNotes({ plain }: BenchDatabase, events: number): Promise<void> {
  const tenants = Array.from({ length: 100 }, () => uuidv7());
  await plain.query(
    `insert into acci.events (epoch, tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
     select (select acci.current_epoch()), ($1::uuid[])[1 + n % 100], 'bench.note', 'seeded-' || n, 1, gen_random_uuid(),
            'bench.note.taken', 1, json_build_object('title', 'A note of some length', 'words', n),
            '{"actor":"bench","correlationId":"bench"}'
       from generate_series(1, $2::int) n`,
    [tenants, events],
  );
  await plain.query('vacuum analyze acci.events');
}
