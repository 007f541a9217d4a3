import { uuidv7 } from '@acci/database';
import {
  Aggregate,
  defineEvent,
  EventRegistry,
  EventStore,
  unhandledEvent,
  type EventOf,
} from '@acci/event-store';
import { z } from 'zod';
import type { BenchDatabase } from '../bench-database.ts';
import type { Comparison } from '../harness.ts';

/** The one event of the benchmarks. */
export const NoteTaken = defineEvent({
  type: 'bench.note.taken',
  version: 1,
  schema: z.object({ title: z.string(), words: z.number().int() }),
});
export type NoteEvent = EventOf<typeof NoteTaken>;

/** The benchmarks' aggregate. */
export class Note extends Aggregate<NoteEvent> {
  static readonly streamType = 'bench.note';
  static readonly events = [NoteTaken];

  take(words: number): void {
    this.record(NoteTaken.of({ title: 'A note of some length', words }));
  }

  protected override apply(event: NoteEvent): void {
    switch (event.type) {
      case 'bench.note.taken':
        return;
      default:
        unhandledEvent(event as never);
    }
  }
}

const bareInsert = `insert into acci.events
  (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/**
 * An aggregate that is saved, with its schema check and optimistic lock under RLS, against a bare INSERT with pg. With
 * several in flight the store joins appends into one transaction; the baseline commits each by itself.
 */
export function appendOne(
  { database, plain, tenantId }: BenchDatabase,
  inFlight: number,
  target?: number,
): Comparison {
  const registry = new EventRegistry();
  registry.register(Note);
  const store = new EventStore(database, registry);
  const ctx = { tenantId, actor: 'bench', correlationId: uuidv7() };
  const metadata = JSON.stringify({ actor: ctx.actor, correlationId: ctx.correlationId });
  return {
    name: `append of one event, ${inFlight} in flight`,
    unit: 'appends/s',
    target,
    inFlight,
    ours: (index) => {
      const note = new Note(uuidv7());
      note.take(index);
      return store.save(ctx, note);
    },
    baseline: (index) =>
      plain.query({
        name: 'bare_insert',
        text: bareInsert,
        values: [
          tenantId,
          'bench.note',
          uuidv7(),
          1,
          uuidv7(),
          'bench.note.taken',
          1,
          JSON.stringify({ title: 'A note of some length', words: index }),
          metadata,
        ],
      }),
  };
}
