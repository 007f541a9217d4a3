import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { testContext } from '@acci/event-store/testing';
import { AccountOpened, BalancesProjection, MoneyMoved } from '../fixtures/bank.js';
import { createTestDatabase, Program } from '../fixtures/program.js';
import { drain, happened, runProjection } from '../testing.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

const [tenantId, other] = [uuidv7(), uuidv7()];
const balances = (tenant: string) =>
  db.database.queryInTenant(
    tenant,
    'select account_id, owner, balance, version from acci.balances order by 1',
  );

describe('runProjection', () => {
  it('shows what a projection makes of events, tenant by tenant', async () => {
    await runProjection(db.database, new BalancesProjection(), [
      happened(AccountOpened.of({ owner: 'ada' }), { tenantId, streamId: 'a' }),
      happened(AccountOpened.of({ owner: 'bob' }), { tenantId: other, streamId: 'a' }),
      happened(MoneyMoved.of({ amount: 3 }), { tenantId, streamId: 'a', version: 2 }),
    ]);
    expect(await balances(tenantId)).toEqual([{ account_id: 'a', owner: 'ada', balance: 3, version: 2 }]);
    expect(await balances(other)).toEqual([{ account_id: 'a', owner: 'bob', balance: 0, version: 1 }]);
  });

  it('keeps nothing when the handler or the database refuses', async () => {
    const events = ['b', 'b'].map((streamId) =>
      happened(AccountOpened.of({ owner: 'ada' }), { tenantId, streamId }),
    );
    await expect(runProjection(db.database, new BalancesProjection(), events)).rejects.toMatchObject({
      code: '23505',
    });
    expect(await balances(tenantId)).toHaveLength(1);
  });
});

describe('drain', () => {
  it('tells who does not get on', async () => {
    const program = await Program.boot(db.database, [new BalancesProjection()]);
    const app = { get: () => program.projections as never };
    await drain(app);
    await db.admin(
      `insert into acci.events (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
       values ($1, 'bank.account', 'x', 1, $1, 'bank.account.opened', 1, '{}', '{}')`,
      [tenantId],
    );
    await expect(drain(app, 50)).rejects.toThrow('Still behind after 50 ms: bank.balances');
    await program.projections.pause(testContext({ tenantId }), 'bank.balances', { reason: 'test' });
    await expect(drain(app)).rejects.toThrow('bank.balances is paused: by an operator');
  });
});
