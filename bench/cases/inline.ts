import { uuidv7 } from '@acci/database';
import { defineEvent, EventStore } from '@acci/event-store';
import { z } from 'zod';
import type { BenchDatabase } from '../bench-database.ts';
import type { Comparison } from '../harness.ts';
import { Note, type NoteEvent } from './append.ts';
import { makeRowsTable, program, rowsProjection } from './projections.ts';

const schema = z.object({ words: z.int() });
const ListedTaken = defineEvent({ type: 'bench.listed.taken', version: 1, schema });
const UnlistedTaken = defineEvent({ type: 'bench.unlisted.taken', version: 1, schema });

function noteOf(streamType: string, taken: typeof ListedTaken | typeof UnlistedTaken) {
  return class extends Note {
    static override readonly streamType = streamType;
    static override readonly events = [taken];

    override take(words: number): void {
      this.record(taken.of({ words }) as unknown as NoteEvent);
    }

    protected override apply(): void {}
  };
}
const Listed = noteOf('bench.listed', ListedTaken);
const Unlisted = noteOf('bench.unlisted', UnlistedTaken);

/** An append whose event an inline projection writes a row for, against one that none wants. */
export async function appendInline(bench: BenchDatabase) {
  const table = 'bench.rows_inline';
  await makeRowsTable(bench, table);
  const app = await program(bench, [rowsProjection(table, 'inline', [ListedTaken])], {
    runner: false,
    aggregates: [Listed, Unlisted],
  });
  const store = app.get(EventStore);
  const ctx = { tenantId: bench.tenantId, actor: 'bench', correlationId: uuidv7() };
  const append = (Type: typeof Listed) => (index: number) => {
    const note = new Type(uuidv7());
    note.take(index);
    return store.save(ctx, note);
  };
  const comparison: Comparison = {
    name: 'append with an inline projection of one row, against one without',
    unit: 'appends/s',
    target: 0.6,
    inFlight: 16,
    ours: append(Listed),
    baseline: append(Unlisted),
  };
  return { comparison, close: () => app.close() };
}
