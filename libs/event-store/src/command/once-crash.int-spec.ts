import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { Account } from '../fixtures/account.js';
import { bankStore, createTestDatabase } from '../fixtures/bank.js';
import { runDoomed } from '../fixtures/doomed.js';
import { testContext } from '../testing/context.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

describe('a command whose process is killed', () => {
  it.each([
    ['before its commit was not handled, and is when it comes again', 'before-commit', 0],
    ['between its commit and its answer is answered with what it did', 'after-commit', 1],
  ])('%s', async (_, moment, left) => {
    const [tenantId, commandId] = [uuidv7(), uuidv7()];
    const { end } = await runDoomed('doomed-command', db, [tenantId, commandId, moment]);
    expect(end).toBe('SIGKILL');
    const streams = () =>
      db.admin<{ stream_id: string }>('select stream_id from acci.events where tenant_id = $1', [tenantId]);
    expect(await streams()).toHaveLength(left);

    const ctx = testContext({ tenantId, commandId });
    const store = bankStore(db.database);
    const answer = await store.once(ctx, () => store.save(ctx, Account.open(uuidv7(), commandId)));
    expect(answer).toMatchObject({ version: 1, position: { transaction: expect.any(BigInt) } });
    expect(await streams()).toEqual([{ stream_id: answer.streamId }]);
  });
});
