import { channel } from 'node:diagnostics_channel';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { uuidv7 } from '@acci/database';
import { Account } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { StreamConflict, type PendingEvent } from '../index.js';

const bank = useBank();
const { ctx } = bank;

describe('hooks', () => {
  it('see each append before it commits, write with it, and can undo it', async () => {
    const seen: PendingEvent[] = [];
    const remove = bank.store.onAppend((events, tx) => {
      seen.push(...events);
      if (JSON.stringify(events).includes('"amount":13')) throw new Error('Unlucky');
      tx.execute(
        'insert into acci.unique_claims (tenant_id, scope, value, stream_id) values ($1, $2, $3, $4)',
        [ctx.tenantId, 'hook', events[0]?.id, 'hook'],
      );
    });
    try {
      const account = Account.open(uuidv7(), uuidv7());
      account.deposit(5);
      await bank.store.save(ctx, account);
      const recorded = await bank.store.readStream(ctx, Account.streamType, account.id);
      expect(seen).toEqual(recorded.map(({ position, ...pending }) => (position ? pending : undefined)));
      expect(await bank.db.admin(`select from acci.unique_claims where scope = 'hook'`)).toHaveLength(1);

      account.deposit(13);
      await expect(bank.store.save(ctx, account)).rejects.toThrow('Unlucky');
      expect(await bank.store.load(ctx, Account, account.id)).toMatchObject({ balance: 5 });
    } finally {
      remove();
    }
    await bank.open();
    expect(seen).toHaveLength(3);
  });

  it('do not hide who lost the race for a stream', async () => {
    // As an inline projection would: a row per stream, which the loser's hook finds taken as well.
    const remove = bank.store.onAppend(([event], tx) => {
      tx.execute(
        'insert into acci.unique_claims (tenant_id, scope, value, stream_id) values ($1, $2, $3, $3)',
        [ctx.tenantId, 'row', event?.streamId],
      );
    });
    try {
      const id = uuidv7();
      await bank.store.save(ctx, Account.open(id, uuidv7()));
      await expect(bank.store.save(ctx, Account.open(id, uuidv7()))).rejects.toThrow(StreamConflict);
    } finally {
      remove();
    }
  });

  it('tell of commits once per turn, and of nothing else', async () => {
    let told = 0;
    const remove = bank.store.onCommitted(() => (told += 1));
    await Promise.all([bank.open(), bank.open()]);
    await nextTurn();
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(2);
    const before = told;
    await bank.store.save(ctx, new Account(uuidv7()));
    await bank.db.database
      .inTenant(ctx.tenantId, async () => {
        await bank.open();
        throw new Error('Changed my mind');
      })
      .catch(() => {});
    await nextTurn();
    expect(told).toBe(before);
    remove();
  });

  it('let a tracer follow appends', async () => {
    const started: unknown[] = [];
    const listen = (message: unknown): void => void started.push(message);
    channel('tracing:acci:append:start').subscribe(listen);
    await bank.open();
    channel('tracing:acci:append:start').unsubscribe(listen);
    expect(started).toMatchObject([
      {
        name: 'append bank.account',
        attributes: { 'acci.tenant': ctx.tenantId, 'acci.stream_type': 'bank.account', 'acci.events': 1 },
      },
    ]);
  });
});
