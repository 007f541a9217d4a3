import { uuidv7 } from '@acci/database';
import { EventStore } from '@acci/event-store';
import { Projection, type ProjectedEvent, type ProjectionTransaction } from '@acci/projections';
import type { BenchDatabase } from '../bench-database.ts';
import type { Figure } from '../harness.ts';
import { Note, NoteTaken, type NoteEvent } from './append.ts';
import { catchUpSeconds, makeRowsTable, nameOf, program } from './projections.ts';

const perSecond = 1_000;
const limitMs = 250;

/**
 * How old an event is when its row can be read, under 1,000 appends a second: the 99th percentile, in milliseconds. The
 * ratio is that of the limit to it.
 */
export async function projectionLag(bench: BenchDatabase, seconds: number): Promise<Figure> {
  const table = 'bench.rows_late';
  await makeRowsTable(bench, table);
  const ages: number[] = [];
  class Late {
    handle({ streamId, data, recordedAt }: ProjectedEvent<NoteEvent>, tx: ProjectionTransaction): void {
      tx.put(table, { id: streamId, words: data.words });
      tx.afterCommit(() => ages.push(Date.now() - recordedAt.getTime()));
    }
  }
  Projection({ name: nameOf(table), version: 1, lifecycle: 'async', events: [NoteTaken], tables: [table] })(
    Late,
  );
  const app = await program(bench, [Late], { runner: true });
  await catchUpSeconds(app);
  ages.length = 0;
  await appendSteadily(app.get(EventStore), bench.tenantId, seconds);
  await catchUpSeconds(app);
  await app.close();
  const p99 = ages.toSorted((a, b) => a - b)[Math.floor(ages.length * 0.99)] ?? Number.NaN;
  return {
    name: `lag of an async projection under ${perSecond} appends/s, 99th percentile; limit as baseline`,
    unit: 'ms',
    ours: p99,
    baseline: limitMs,
    ratio: Number((limitMs / Math.max(p99, 1)).toFixed(3)),
    target: 1,
  };
}

/** As many appends as are due, every few milliseconds, whether or not those before have been answered. */
async function appendSteadily(store: EventStore, tenantId: string, seconds: number): Promise<void> {
  const ctx = { tenantId, actor: 'bench', correlationId: uuidv7() };
  const total = perSecond * seconds;
  const start = performance.now();
  const appends: Promise<unknown>[] = [];
  while (appends.length < total) {
    const due = Math.min(total, ((performance.now() - start) / 1_000) * perSecond);
    while (appends.length < due) {
      const note = new Note(uuidv7());
      note.take(appends.length);
      appends.push(store.save(ctx, note));
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(appends);
}
