import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { testContext } from '@acci/event-store/testing';
import { CqrsModule } from '@nestjs/cqrs';
import { Account, MoneyMoved } from '../../fixtures/bank.js';
import { adapters, BankServer, type Answer } from '../../fixtures/bank-server.js';
import { createTestDatabase, until } from '../../fixtures/program.js';
import { hastyReactions } from '../../fixtures/transfers.js';
import { ReactionsHttpModule, ReactionsModule, Subscription, type SubscriptionHandler } from '../../index.js';

let broken = true;

@Subscription({ name: 'bank.letters', events: [MoneyMoved], from: 'beginning' })
class Letters implements SubscriptionHandler {
  deliver(): void {
    if (broken) throw new Error('The post is on strike');
  }
}

describe.each(adapters)('dead letters over HTTP on %s', (adapter) => {
  const tenantId = uuidv7();
  const mine = { authorization: `Bearer ${tenantId}` };
  let db: TestDatabase;
  let bank: BankServer;
  beforeEach(async () => {
    broken = true;
    db = await createTestDatabase();
    bank = await BankServer.start(adapter, db, [
      CqrsModule.forRoot(),
      ReactionsModule.forRoot(hastyReactions),
      ReactionsModule.forFeature([Letters]),
      ReactionsHttpModule,
    ]);
    for (let i = 0; i < 3; i += 1)
      await bank.store.save(testContext({ tenantId }), Account.open(uuidv7(), 'ada', 1, 2));
    await until(async () => (await letters()).length === 3);
  });
  afterEach(async () => {
    await bank?.close();
    await db?.close();
  });

  const list = (query = '') => bank.ask(`/dead-letters${query}`, undefined, mine);
  const letters = async (query = '') => (await list(query)).body['items'] as Answer['body'][];
  const act = (id: unknown, what: string, body: object, headers: Record<string, string> = mine) =>
    bank.ask(`/dead-letters/${String(id)}/${what}`, body, headers);

  it('lists them, a page at a time, to whom they belong', async () => {
    const all = await letters();
    expect(all[0]).toMatchObject({
      reaction: 'bank.letters',
      kind: 'event',
      name: 'bank.account.money_moved',
      waiting: 1,
      event: { streamType: 'bank.account', version: 2 },
      attempts: 3,
      error: 'Error: The post is on strike',
      status: 'open',
      settled: null,
    });
    const first = await list('?limit=2&status=open&reaction=bank.letters');
    const second = await letters(`?limit=2&cursor=${String(first.body['next'])}`);
    expect([...(first.body['items'] as object[]), ...second]).toEqual(all);
    expect(await letters('?status=discarded')).toEqual([]);
    const one = await bank.ask(`/dead-letters/${String(all[0]?.['id'])}`, undefined, mine);
    expect(one).toMatchObject({ status: 200, body: all[0] });
    const ofOthers = { authorization: `Bearer ${uuidv7()}` };
    expect(await bank.ask(`/dead-letters/${String(all[0]?.['id'])}`, undefined, ofOthers)).toMatchObject({
      status: 404,
      body: { code: 'projections.dead_letter.not_found' },
    });
    expect((await bank.ask('/dead-letters', undefined, ofOthers)).body['items']).toEqual([]);
  });

  it('retries and discards, with a reason', async () => {
    const [first, second] = (await letters()).map(({ id }) => id);
    expect(await act(first, 'retry', {})).toMatchObject({ status: 400 });
    expect(
      await act(first, 'retry', { reason: 'why not' }, { authorization: `Bearer ${uuidv7()}` }),
    ).toMatchObject({
      status: 404,
    });
    expect(
      await act(
        second,
        'discard',
        { reason: 'nobody reads it' },
        { ...mine, 'x-without': 'reactions.dead_letters.discard' },
      ),
    ).toMatchObject({ status: 403 });
    broken = false;
    expect(await act(first, 'retry', { reason: 'the strike is over' })).toMatchObject({
      status: 202,
      body: { id: first, status: 'retrying', settled: { by: 'user:ada', reason: 'the strike is over' } },
    });
    expect(await act(second, 'discard', { reason: 'nobody reads it' })).toMatchObject({
      status: 200,
      body: { id: second, status: 'discarded', settled: { reason: 'nobody reads it' } },
    });
    expect(await act(second, 'retry', { reason: 'oh' })).toMatchObject({
      status: 409,
      body: { code: 'projections.dead_letter.settled' },
    });
    await until(async () => (await letters()).length === 2);
    expect((await letters('?status=discarded')).map(({ id }) => id)).toEqual([second]);
  });

  it('tells whoever follows them what becomes of them, and of nobody else’s', async () => {
    const [first, second] = (await letters()).map(({ id }) => id);
    const follow = async (query: string, headers: Record<string, string> = mine) =>
      (await bank.follow(`/dead-letters/stream${query}`, headers)).began();
    const all = await follow('');
    const discarded = await follow('?status=discarded');
    const ofOthers = await follow('', { authorization: `Bearer ${uuidv7()}` });
    broken = false;
    await act(first, 'retry', { reason: 'the strike is over' });
    expect(await all.next(({ event }) => event === 'removed')).toEqual({ event: 'removed', id: first });
    await all.close();
    await act(second, 'discard', { reason: 'nobody reads it' });
    broken = true;
    await bank.store.save(testContext({ tenantId }), Account.open(uuidv7(), 'grace', 1));
    const resumed = await bank.follow('/dead-letters/stream', { ...mine, 'last-event-id': all.lastEventId });
    // That the first one is gone may be said twice: for each event after which it was looked for.
    expect(await resumed.next(({ id }) => id === second)).toMatchObject({ status: 'discarded' });
    const opened = await resumed.next(({ status }) => status === 'open');
    expect(await letters('?status=open')).toContainEqual(opened);
    expect(await discarded.next(({ event }) => event !== 'removed')).toMatchObject({ id: second });
    await Promise.all([resumed, discarded, ofOthers].map((stream) => stream.close()));
    const events = await bank.store.readStream(testContext({ tenantId }), 'acci.dead_letter', String(first));
    expect(events.map(({ type, metadata }) => [type, metadata.actor])).toEqual([
      ['acci.dead_letter.opened', 'system:bank.letters'],
      ['acci.dead_letter.retried', 'user:ada'],
      ['acci.dead_letter.delivered', 'system:bank.letters'],
    ]);
  });
});
