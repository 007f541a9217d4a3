import { uuidv7, type Database } from '@acci/database';
import { EventRegistry, EventStore, snapshotOf } from '@acci/event-store';
import { z } from 'zod';
import type { BenchDatabase } from '../bench-database.ts';
import type { Comparison } from '../harness.ts';
import { Note } from './append.ts';

/** The same aggregate with snapshots. */
class KeptNote extends Note {
  static override readonly streamType = 'bench.kept_note';
  static readonly snapshot = snapshotOf({
    every: 1,
    version: 1,
    schema: z.object({ words: z.int() }),
    take: ({ words }: Note) => ({ words }),
    restore: (note, { words }) => {
      note.words = words;
    },
  });
}

const bareRead = `select type, schema_version, data from acci.events
  where tenant_id = $1 and stream_id = $2 and stream_type = $3 order by version`;

/** Loading an aggregate of 1,000 events, against the bare read of the same columns. */
export async function loadStream({ database, plain, tenantId }: BenchDatabase): Promise<Comparison> {
  const streams = Array.from({ length: 20 }, () => uuidv7());
  for (const stream of streams) await seed(plain, tenantId, Note.streamType, stream, 1_000);
  const store = storeOf(database, Note);
  const ctx = { tenantId, actor: 'bench', correlationId: 'bench' };
  const streamOf = (index: number): string => streams[index % streams.length] ?? '';
  return {
    name: 'load of 1,000 events',
    unit: 'loads/s',
    target: 0.85,
    inFlight: 4,
    ours: (index) => store.load(ctx, Note, streamOf(index)),
    baseline: (index) =>
      plain.query({
        name: 'bare_load',
        text: bareRead,
        values: [tenantId, streamOf(index), Note.streamType],
      }),
  };
}

/** Loading an aggregate of a long history from its snapshot, against one of a short history. */
export async function loadSnapshot(bench: BenchDatabase): Promise<Comparison> {
  const { database, plain, tenantId } = bench;
  const store = storeOf(database, KeptNote);
  const ctx = { tenantId, actor: 'bench', correlationId: 'bench' };
  const [long, short] = [uuidv7(), uuidv7()];
  for (const [stream, events] of [
    [long, 100_000],
    [short, 10],
  ] as const) {
    await seed(plain, tenantId, KeptNote.streamType, stream, events);
    // The save behind which the snapshot is taken; ten events follow it.
    await store.update(ctx, KeptNote, stream, (note) => note.take(1));
    await store.flushSnapshots();
    await seed(plain, tenantId, KeptNote.streamType, stream, 10, events + 1);
  }
  return {
    name: 'load with a snapshot, 100,000 events of history against 10',
    unit: 'loads/s',
    target: 0.85,
    inFlight: 4,
    ours: () => store.load(ctx, KeptNote, long),
    baseline: () => store.load(ctx, KeptNote, short),
  };
}

function storeOf(database: Database, aggregate: typeof Note): EventStore {
  const registry = new EventRegistry();
  registry.register(aggregate);
  return new EventStore(database, registry);
}

async function seed(
  plain: BenchDatabase['plain'],
  tenantId: string,
  streamType: string,
  stream: string,
  events: number,
  after = 0,
): Promise<void> {
  await plain.query(
    `insert into acci.events (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
     select $1, $2, $3, $4::int + n, gen_random_uuid(), 'bench.note.taken', 1,
            json_build_object('title', 'A note of some length', 'words', n),
            '{"actor":"bench","correlationId":"bench"}'
       from generate_series(1, $5::int) n`,
    [tenantId, streamType, stream, after, events],
  );
}
