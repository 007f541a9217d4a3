import { DatabaseModule, uuidv7 } from '@acci/database';
import { defineEvent, EnvironmentKey, EventStore, EventStoreModule, personal } from '@acci/event-store';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { z } from 'zod';
import type { BenchDatabase } from '../bench-database.ts';
import type { Comparison } from '../harness.ts';
import { Note, type NoteEvent } from './append.ts';

const LetterTaken = defineEvent({
  type: 'bench.letter.taken',
  version: 1,
  schema: z.object({
    customer: z.string(),
    name: personal(z.string(), { of: 'customer', forgotten: 'forgotten' }),
    words: z.int(),
  }),
});
const PostcardTaken = defineEvent({
  type: 'bench.postcard.taken',
  version: 1,
  schema: z.object({ customer: z.string(), name: z.string(), words: z.int() }),
});

/** An aggregate of one event, with or without a personal field. */
function noteOf(streamType: string, taken: typeof LetterTaken | typeof PostcardTaken) {
  return class extends Note {
    static override readonly streamType = streamType;
    static override readonly events = [taken];

    write(customer: string, words: number): void {
      this.record(taken.of({ customer, name: 'Ada Lovelace', words }) as unknown as NoteEvent);
    }

    protected override apply(): void {}
  };
}
const Letter = noteOf('bench.letter', LetterTaken);
const Postcard = noteOf('bench.postcard', PostcardTaken);

const customers = Array.from({ length: 200 }, () => uuidv7());

/** An append whose event has a personal field of one of some customers, against the same without. */
export async function appendPersonal({ urls, tenantId, masterKey }: BenchDatabase) {
  class PersonalBench {}
  Module({
    imports: [
      DatabaseModule.forRoot({
        urls,
        migrations: [],
        migrateOnStart: false,
        isolationGate: false,
        pool: { max: 16 },
      }),
      EventStoreModule.forRoot({ keyProvider: new EnvironmentKey(masterKey) }),
      EventStoreModule.forFeature([Letter, Postcard]),
    ],
  })(PersonalBench);
  const app = await NestFactory.createApplicationContext(PersonalBench, { logger: ['error'] });
  const store = app.get(EventStore);
  const ctx = { tenantId, actor: 'bench', correlationId: uuidv7() };
  const append = (Type: typeof Letter) => (index: number) => {
    const note = new Type(uuidv7());
    note.write(customers[index % customers.length] ?? '', index);
    return store.save(ctx, note);
  };
  const comparison: Comparison = {
    name: 'append of an event with a personal field, against one without',
    unit: 'appends/s',
    target: 0.85,
    inFlight: 16,
    ours: append(Letter),
    baseline: append(Postcard),
  };
  return { comparison, close: () => app.close() };
}
