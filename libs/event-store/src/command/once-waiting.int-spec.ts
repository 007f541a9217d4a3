import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { Account } from '../fixtures/account.js';
import { bankStore, createTestDatabase } from '../fixtures/bank.js';
import { testContext } from '../testing/context.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase({ pool: { max: 2 } });
});
afterAll(() => db.close());

describe('a command that comes many times at once', () => {
  it('leaves connections to others while it works', async () => {
    const ctx = testContext({ commandId: uuidv7() });
    const store = bankStore(db.database);
    const { promise: worked, resolve: goOn } = Promise.withResolvers<void>();
    const results = Array.from({ length: 10 }, () => store.once(ctx, () => worked.then(() => 'done')));
    await store.save(testContext(), Account.open(uuidv7(), uuidv7()));
    expect(db.database.stats().app.waiting).toBe(0);
    goOn();
    expect(new Set(await Promise.all(results))).toEqual(new Set(['done']));
  });
});
