import { z } from 'zod';
import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { Account, NameTaken } from '../fixtures/account.js';
import { bankStore, createTestDatabase } from '../fixtures/bank.js';
import { StreamConflict, type EventStore } from '../index.js';
import { testContext } from '../testing/context.js';

let db: TestDatabase;
let store: EventStore;
beforeAll(async () => {
  db = await createTestDatabase({ pool: { max: 20 } });
  store = bankStore(db.database);
});
afterAll(() => db.close());

const ctx = testContext();
const fifty = Array.from({ length: 50 }, (_, index) => index);

describe('races', () => {
  it('50 parallel commands on one aggregate: each is applied once or refused with a conflict', async () => {
    const account = Account.open(uuidv7(), 'Savings');
    await store.save(ctx, account);
    const outcomes = await Promise.allSettled(
      fifty.map((index) => store.update(ctx, Account, account.id, (a) => a.deposit(1, { command: index }))),
    );

    const events = await store.readStream(ctx, Account.streamType, account.id, { fromVersion: 2 });
    const applied = events.map(
      ({ data }) => z.object({ note: z.object({ command: z.int() }) }).parse(data).note.command,
    );
    const accepted = fifty.filter((index) => outcomes[index]?.status === 'fulfilled');
    expect(applied.toSorted((a, b) => a - b)).toEqual(accepted);
    expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 2));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StreamConflict);
    }
    expect(accepted.length).toBeGreaterThan(4);
  });

  it('50 creators of one name: exactly one wins, the others hear why', async () => {
    const outcomes = await Promise.allSettled(
      fifty.map(() => store.save(ctx, Account.open(uuidv7(), 'Wanted'))),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(49);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(NameTaken);
    const rows = await db.admin(`select from acci.events where data ->> 'name' = 'Wanted'`);
    expect(rows).toHaveLength(1);
  });

  it('streams that swap names in both directions at once do not deadlock', async () => {
    const pairs = fifty.slice(0, 10).map((index) => [`left-${index}`, `right-${index}`] as const);
    const outcomes = await Promise.allSettled(
      pairs.flatMap(([left, right]) =>
        [
          [left, right],
          [right, left],
        ].map(([first = '', second = '']) => {
          const account = Account.open(uuidv7(), first);
          account.issueCard(second);
          account.issueCard(first);
          return store.save(ctx, account);
        }),
      ),
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'event_store.claim.taken' });
    }
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  });
});
