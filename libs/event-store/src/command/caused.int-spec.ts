import { uuidv7 } from '@acci/database';
import { Account, AccountOpened, MoneyDeposited } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import type { Context } from '../index.js';
import { testContext } from '../testing/context.js';

const bank = useBank();

/** A request that opens an account, with money on it. */
async function request(overrides: Partial<Context>): Promise<{ ctx: Context; id: string }> {
  const ctx = testContext({ tenantId: bank.ctx.tenantId, ...overrides });
  const account = Account.open(uuidv7(), uuidv7());
  account.deposit(1);
  await bank.store.save(ctx, account);
  return { ctx, id: account.id };
}

describe('what something caused', () => {
  it('is found by correlation, causation and command, in the order of the log', async () => {
    const causationId = uuidv7();
    const commandId = uuidv7();
    const first = await request({ commandId });
    const { ctx } = first;
    const second = await request({ correlationId: ctx.correlationId, causationId });
    await request({});

    const streams = async (...args: Parameters<typeof bank.store.caused>) =>
      (await bank.store.caused(...args)).map(({ streamId, version }) => `${streamId} ${version}`);
    const [one, two] = [first, second].map(({ id }) => [`${id} 1`, `${id} 2`]);
    expect(await streams(ctx, { correlationId: ctx.correlationId })).toEqual([
      ...(one ?? []),
      ...(two ?? []),
    ]);
    expect(await streams(ctx, { causationId })).toEqual(two);
    expect(await streams(ctx, { commandId })).toEqual(one);
    expect(await streams(ctx, { correlationId: uuidv7() })).toEqual([]);
    expect(await streams(ctx, { correlationId: `' or true --` })).toEqual([]);
  });

  it('comes a page at a time', async () => {
    const { ctx } = await request({});
    await request({ correlationId: ctx.correlationId });
    const cause = { correlationId: ctx.correlationId };
    const all = await bank.store.caused(ctx, cause);
    const [, , third] = all;
    const first = await bank.store.caused(ctx, cause, { limit: 3 });
    expect(first).toEqual(all.slice(0, 3));
    expect(await bank.store.caused(ctx, cause, { after: third?.position })).toEqual(all.slice(3));
    expect(all.map(({ type }) => type)).toEqual([
      AccountOpened.type,
      MoneyDeposited.type,
      AccountOpened.type,
      MoneyDeposited.type,
    ]);
  });

  it('is nothing, if no event can hold the id', async () => {
    expect(await bank.store.caused(bank.ctx, { correlationId: 'a\0b' })).toEqual([]);
  });

  it('in another tenant is its own business', async () => {
    const { ctx } = await request({});
    const other = testContext({ correlationId: ctx.correlationId });
    expect(await bank.store.caused(other, { correlationId: ctx.correlationId })).toEqual([]);
  });

  it('is found by an index, wherever it stands', async () => {
    const plans = await bank.db.database.asSystem('test', async (tx) => {
      tx.execute('set local enable_seqscan = off');
      return tx.query<Record<string, string>>(
        `explain select from acci.event_log where metadata ->> 'correlationId' = $1`,
        ['x'],
      );
    });
    const plan = plans.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('on events_by_cause');
    expect(plan).toContain('on archived_events_by_cause');
  });

  it('can be appended in any amount: what the index keeps of each event is bounded', async () => {
    const tenantId = uuidv7();
    await bank.db.admin(
      `insert into acci.events (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
       select $1, 'bank.account', gen_random_uuid()::text, 1, gen_random_uuid(), 'bank.account.opened', 1, '{"name":""}',
              json_build_object('actor', '', 'correlationId', gen_random_uuid(), 'causationId', gen_random_uuid(),
                                'commandId', repeat('x', 255) || number)
         from generate_series(1, 5000) as number`,
      [tenantId],
    );
    await bank.db.admin(`select brin_summarize_new_values('acci.events_by_cause')`);
    const ctx = testContext({ tenantId, commandId: 'y'.repeat(255) });
    await request(ctx);
    expect(await bank.store.caused(ctx, { commandId: `${'x'.repeat(255)}4321` })).toHaveLength(1);
    expect(await bank.store.caused(ctx, { commandId: 'y'.repeat(255) })).toHaveLength(2);
  });
});
