import { uuidv7 } from '@acci/database';
import {
  Aggregate,
  defineEvent,
  EventRegistry,
  EventStore,
  unhandledEvent,
  type EventDefinition,
  type EventOf,
} from '@acci/event-store';
import { z } from 'zod';
import type { BenchDatabase } from '../bench-database.ts';
import type { Comparison } from '../harness.ts';
import type { Peer } from '../peers/peers.mjs';

/** The one event of the benchmarks. */
export const NoteTaken = defineEvent({
  type: 'bench.note.taken',
  version: 1,
  schema: z.object({ title: z.string(), words: z.number().int() }),
});
export type NoteEvent = EventOf<typeof NoteTaken>;

/** The benchmarks' aggregate. */
export class Note extends Aggregate<NoteEvent> {
  static readonly streamType: string = 'bench.note';
  static readonly events: readonly EventDefinition[] = [NoteTaken];

  words = 0;

  take(words: number): void {
    this.record(NoteTaken.of({ title: 'A note of some length', words }));
  }

  protected override apply(event: NoteEvent): void {
    switch (event.type) {
      case 'bench.note.taken':
        this.words += event.data.words;
        return;
      default:
        unhandledEvent(event as never);
    }
  }
}

const bareInsert = `insert into acci.events
  (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/** A store that knows the benchmarks' aggregate. */
export function noteStore({ database }: BenchDatabase): EventStore {
  const registry = new EventRegistry();
  registry.register(Note);
  return new EventStore(database, registry);
}

/**
 * An aggregate that is saved, with its schema check and optimistic lock under RLS, against a bare INSERT with pg. With
 * several in flight the store joins appends into one transaction; the baseline commits each by itself.
 */
export function appendOne(bench: BenchDatabase, inFlight: number, target?: number): Comparison {
  const { plain, tenantId } = bench;
  const store = noteStore(bench);
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

const bareInserts = `insert into acci.events
  (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
  select $1, $2, $3, number, id, $4, $5, data, $6
    from unnest($7::uuid[], $8::json[]) with ordinality as event (id, data, number)`;

/** Ten events in one save, against a bare insert of ten rows through unnest. */
export function appendTen(bench: BenchDatabase): Comparison {
  const { plain, tenantId } = bench;
  const store = noteStore(bench);
  const ctx = { tenantId, actor: 'bench', correlationId: uuidv7() };
  const metadata = JSON.stringify({ actor: ctx.actor, correlationId: ctx.correlationId });
  const ten = Array.from({ length: 10 }, (_, number) => number);
  return {
    name: 'append of ten events, 16 in flight',
    unit: 'appends/s',
    target: 0.85,
    inFlight: 16,
    ours: (index) => {
      const note = new Note(uuidv7());
      for (const number of ten) note.take(index + number);
      return store.save(ctx, note);
    },
    baseline: (index) =>
      plain.query({
        name: 'bare_inserts',
        text: bareInserts,
        values: [
          tenantId,
          'bench.note',
          uuidv7(),
          'bench.note.taken',
          1,
          metadata,
          ten.map(() => uuidv7()),
          ten.map((number) => JSON.stringify({ title: 'A note of some length', words: index + number })),
        ],
      }),
  };
}

/** The same save against other event stores. */
export function appendAgainst(bench: BenchDatabase, { name, append }: Peer): Comparison {
  const ours = appendOne(bench, 16);
  const baseline = (index: number) => append(uuidv7(), { title: 'A note of some length', words: index });
  return { ...ours, name: `append of one event, 16 in flight, against ${name}`, target: 1.8, baseline };
}
