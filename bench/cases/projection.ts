import { DatabaseModule, prepared, type Transaction } from '@acci/database';
import { EventStore, EventStoreModule } from '@acci/event-store';
import { Projection, Projections, ProjectionsModule, type ProjectedEvent } from '@acci/projections';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { BenchDatabase } from '../bench-database.ts';
import { figureOf, type Figure } from '../harness.ts';
import { Note, NoteTaken, type NoteEvent } from './append.ts';

const upsert = prepared(`
  insert into bench.note_list (tenant_id, id, words) values ($1, $2, $3)
  on conflict (tenant_id, id) do update set words = excluded.words`);

class NoteListProjection {
  handle(event: ProjectedEvent<NoteEvent>, tx: Transaction): void {
    tx.execute(upsert, [event.tenantId, event.streamId, event.data.words]);
  }
}

/**
 * How fast an asynchronous projection that writes a row per event catches up, against what a script does that reads
 * the same events in batches and writes each with a query of its own, a transaction per batch.
 */
export async function projectionRate(bench: BenchDatabase, events: number): Promise<Figure> {
  await prepareTable(bench);
  await prepareEvents(bench, events);
  const baseline = await handWritten(bench, events);
  await bench.plain.query('truncate bench.note_list');
  const ours = await caughtUp(bench, events);
  return figureOf('async projection, one upserted row per event', 'events/s', [{ ours, baseline }]);
}

async function prepareTable({ plain }: BenchDatabase): Promise<void> {
  await plain.query(
    'create table if not exists bench.note_list (tenant_id uuid not null, id text, words int, primary key (tenant_id, id))',
  );
  await plain.query('alter table bench.note_list enable row level security, force row level security');
  for (const [role, condition] of [
    ['acci_app', 'tenant_id = acci.current_tenant()'],
    ['acci_system', 'true'],
  ]) {
    await plain.query(
      `create policy p_${role} on bench.note_list to ${role} using (${condition}) with check (${condition})`,
    );
    await plain.query(`grant select, insert, update, delete on bench.note_list to ${role}`);
  }
}

async function prepareEvents({ plain, tenantId }: BenchDatabase, events: number): Promise<void> {
  await plain.query(
    `insert into acci.events (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
     select $1, 'bench.note', 'seeded-' || n, 1, gen_random_uuid(), 'bench.note.taken', 1,
            json_build_object('title', 'A note of some length', 'words', n),
            '{"actor":"bench","correlationId":"bench"}'
       from generate_series(1, $2::int) n`,
    [tenantId, events],
  );
  await plain.query('analyze acci.events');
}

async function handWritten({ plain }: BenchDatabase, events: number): Promise<number> {
  const start = performance.now();
  const client = await plain.connect();
  let position = '0';
  for (let done = 0; done < events;) {
    const { rows } = await client.query<{
      position: string;
      tenant_id: string;
      stream_id: string;
      data: { words: number };
    }>({
      name: 'bare_batch',
      text: `select position, tenant_id, stream_id, data from acci.events
              where position > $1 and type = 'bench.note.taken' order by position limit 500`,
      values: [position],
    });
    await client.query('begin');
    for (const { tenant_id, stream_id, data } of rows) {
      await client.query({
        name: 'bare_upsert',
        text: upsert.text,
        values: [tenant_id, stream_id, data.words],
      });
    }
    await client.query('commit');
    position = rows.at(-1)?.position ?? position;
    done += rows.length;
    if (rows.length === 0) break;
  }
  client.release();
  return (events / (performance.now() - start)) * 1_000;
}

async function caughtUp({ urls, plain }: BenchDatabase, events: number): Promise<number> {
  Projection({
    name: 'bench.note-list',
    version: 1,
    lifecycle: 'async',
    events: [NoteTaken],
    tables: ['bench.note_list'],
  })(NoteListProjection);
  class BenchModule {}
  Module({
    imports: [
      DatabaseModule.forRoot({ urls, migrations: [], migrateOnStart: false, isolationGate: false }),
      EventStoreModule.forRoot(),
      EventStoreModule.forFeature([Note]),
      ProjectionsModule.forRoot({ runner: true }),
      ProjectionsModule.forFeature([NoteListProjection]),
    ],
  })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error'] });
  const start = performance.now();
  const head = await app.get(EventStore).head();
  if (head) await app.get(Projections).waitFor(head, { timeoutMs: 600_000 });
  const seconds = (performance.now() - start) / 1_000;
  const { rows } = await plain.query<{ count: string }>('select count(*) from bench.note_list');
  await app.close();
  if (Number(rows[0]?.count) < events)
    throw new Error(`The projection lost events: ${rows[0]?.count} of ${events}`);
  return events / seconds;
}
