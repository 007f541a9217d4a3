import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { formatPosition, type Position } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Account } from '../fixtures/bank.js';
import { adapters, BankServer, platform, type Answer } from '../fixtures/bank-server.js';
import { balancesIn, createTestDatabase, foldOfBalances, until } from '../fixtures/program.js';

const path = '/projections/bank.balances';
const why = { reason: 'Ticket 4711' };
const [good, bad] = [uuidv7(), uuidv7()];

describe.each(adapters)('projections over HTTP on %s', (adapter) => {
  let db: TestDatabase;
  let bank: BankServer;
  beforeEach(async () => {
    db = await createTestDatabase();
    bank = await BankServer.start(adapter, db);
    // The first build serves once it has come to the end of a log.
    await open('somebody', uuidv7());
    await becomes({ status: 'running' });
  });
  afterEach(async () => {
    await bank?.close();
    await db?.close();
  });

  async function open(owner: string, tenantId = good): Promise<Position> {
    const { position } = await bank.store.save(testContext({ tenantId }), Account.open(uuidv7(), owner, 5));
    return position as Position;
  }
  const owners = async () =>
    (await balancesIn(db, 'balances'))
      .map(({ owner }) => String(owner))
      .filter((owner) => owner !== 'somebody')
      .toSorted();
  /** Asks until the answer is as wanted. */
  async function becomes(wanted: Record<string, unknown>, at = path): Promise<Answer['body']> {
    let body: Answer['body'] = {};
    await until(async () => {
      ({ body } = await bank.ask(at));
      return Object.entries(wanted).every(
        ([key, value]) => JSON.stringify(body[key]) === JSON.stringify(value),
      );
    });
    return body;
  }
  const acts = async () =>
    (
      await bank.store.readStream(testContext({ tenantId: platform }), 'acci.projection', 'bank.balances')
    ).map(({ type, data, metadata }) => ({ type, data, actor: metadata.actor }));

  it('tells what projections do and how far they are', async () => {
    const position = formatPosition(await open('ada'));
    const body = await becomes({ position, status: 'running', lag: { events: 0, seconds: 0 } });
    expect(body).toMatchObject({
      name: 'bank.balances',
      lifecycle: 'async',
      tenants: 'all',
      chosenTenants: null,
      version: 1,
      build: 1,
      lastError: null,
      leaseHolders: [expect.stringContaining(`/${process.pid}/`)],
      rebuild: null,
      shares: expect.arrayContaining([
        expect.objectContaining({ share: '0', tenantId: null, status: 'running', position }),
      ]) as unknown,
    });
    const list = await bank.ask('/projections');
    expect(list.body['items']).toMatchObject([
      { name: 'bank.balances', lifecycle: 'async', position },
      { name: 'bank.patient', lifecycle: 'inline', position: null },
    ]);
    expect((await bank.ask(`${path}/rebuilds/1`)).body).toMatchObject({
      build: 1,
      status: 'serving',
      done: 1,
    });
  });

  it('tells whoever follows them what becomes of projections, and from where they have been', async () => {
    const stream = await (await bank.follow('/projections/stream')).began();
    await bank.ask(`${path}/pause`, why);
    const paused = await stream.next(({ status }) => status === 'paused');
    const { items } = (await bank.ask('/projections')).body as { items: object[] };
    expect(items).toContainEqual({ ...paused, lag: expect.anything() as unknown });
    await stream.close();
    // Nothing has changed, so the first thing told is what changes then.
    const headers = { 'last-event-id': stream.lastEventId };
    const resumed = await (await bank.follow('/projections/stream', headers)).began();
    await bank.ask(`${path}/resume`, why);
    expect(await resumed.next()).toMatchObject({ name: 'bank.balances', status: 'running' });
    await resumed.close();
    // It has, so all of them come.
    const again = await bank.follow('/projections/stream', headers);
    expect([(await again.next())['name'], (await again.next())['name']]).toEqual([
      'bank.balances',
      'bank.patient',
    ]);
    await again.close();
    await expect(bank.follow('/projections/stream', { 'last-event-id': 'x' })).rejects.toThrow(
      'request.cursor.invalid',
    );
    await expect(bank.follow('/projections/stream', { authorization: `Bearer ${good}` })).rejects.toThrow(
      '"status":403',
    );
  });

  it('a poison event halts its tenant alone, and is skipped by somebody who says why', async () => {
    await open('poison', bad);
    await open('grace', bad);
    await open('ada');
    const body = await becomes({ status: 'halted' });
    const failure = {
      eventType: 'bank.account.opened',
      tenantId: bad,
      message: 'Error: cannot stomach this',
    };
    expect(body['lastError']).toMatchObject(failure);
    expect(body['shares']).toContainEqual(
      expect.objectContaining({
        share: bad,
        tenantId: bad,
        status: 'halted',
        lastError: body['lastError'],
        leaseHolder: null,
      }),
    );
    await until(async () => (await owners()).length === 1);
    expect(await owners()).toEqual(['ada']);

    expect((await bank.ask(`${path}/retry`, why)).status).toBe(200);
    await becomes({ status: 'halted' });
    const skipped = await bank.ask(`${path}/skip`, { ...why, tenantId: bad });
    expect([skipped.status, skipped.body['status']]).toEqual([200, 'running']);
    await until(async () => (await owners()).length === 2);
    expect(await owners()).toEqual(['ada', 'grace']);
    expect(await acts()).toEqual([
      { type: 'acci.projection.retried', data: why, actor: 'user:ada' },
      {
        type: 'acci.projection.event_skipped',
        data: { ...why, tenant: bad, passedOver: [expect.objectContaining(failure)] },
        actor: 'user:ada',
      },
    ]);
  });

  it('pauses, runs to a position, and goes on', async () => {
    expect((await bank.ask(`${path}/pause`, why)).body).toMatchObject({ status: 'paused' });
    const first = formatPosition(await open('ada'));
    await open('grace');
    expect((await bank.ask(`${path}/run-to`, { ...why, position: first })).status).toBe(200);
    await becomes({ status: 'paused', position: first });
    expect(await owners()).toEqual(['ada']);
    expect((await bank.ask(`${path}/resume`, why)).body).toMatchObject({ status: 'running' });
    await until(async () => (await owners()).length === 2);
  });

  it('switches a projection off and on for a tenant', async () => {
    await open('ada');
    await open('grace', bad);
    await until(async () => (await owners()).length === 2);
    await bank.ask(`${path}/switch-off`, { ...why, tenantId: bad });
    await until(async () => (await owners()).length === 1);
    await bank.ask(`${path}/switch-on`, { ...why, tenantId: bad });
    await until(async () => (await owners()).length === 2);
  });

  it('rebuilds beside what serves, and tells how far that is', async () => {
    await open('ada');
    await open('grace', bad);
    const { status, headers, body } = await bank.ask(`${path}/rebuild`, why);
    expect([status, body]).toEqual([202, { projection: 'bank.balances', build: 2 }]);
    expect(headers.get('location')).toBe('/v1/projections/bank.balances/rebuilds/2');
    expect(await becomes({ status: 'serving' }, `${path}/rebuilds/2`)).toMatchObject({
      build: 2,
      version: 1,
      done: 1,
      beganAt: expect.any(String) as string,
    });
    await becomes({ build: 2, status: 'running', rebuild: null });
    expect(await balancesIn(db, 'balances')).toEqual(await foldOfBalances(db));
  });

  it('rebuilds one tenant alone', async () => {
    await open('ada');
    await open('grace', bad);
    await until(async () => (await balancesIn(db, 'balances')).length === 3);
    await db.admin('update acci.balances set balance = 0');
    expect((await bank.ask(`${path}/rebuild`, { ...why, tenantId: bad })).status).toBe(202);
    await until(async () => (await balancesIn(db, 'balances')).some(({ balance }) => balance === 5));
    const rows = (await balancesIn(db, 'balances')).map(({ owner, balance }) => [owner, balance]);
    expect(Object.fromEntries(rows)).toEqual({ somebody: 0, ada: 0, grace: 5 });
  });

  it('gives a rebuild up, and what it was to replace goes on', async () => {
    await open('poison', bad);
    await becomes({ status: 'halted' });
    // What serves has passed its event by; the new build meets it again, and never gets as far.
    await bank.ask(`${path}/skip`, { ...why, tenantId: bad });
    await becomes({ status: 'running' });
    await bank.ask(`${path}/rebuild`, why);
    await until(async () => (await bank.ask(`${path}/rebuilds/2`)).body['lastError'] !== null);
    expect((await bank.ask(path)).body).toMatchObject({
      build: 1,
      rebuild: { build: 2, status: 'filling', lastError: { message: 'Error: cannot stomach this' } },
    });
    expect((await bank.ask(`${path}/abort`, why)).body).toMatchObject({ build: 1, rebuild: null });
    expect((await bank.ask(`${path}/rebuilds/2`)).body).toMatchObject({ status: 'aborted' });
  });

  it('refuses', async () => {
    const refused = async (at: string, body?: object, headers?: Record<string, string>) => {
      const answer = await bank.ask(at, body, headers);
      return [answer.status, answer.body['code']];
    };
    const inline = '/projections/bank.patient';
    expect(await refused(`${path}/resume`, why)).toEqual([409, 'projections.act.refused']);
    expect(await refused(`${inline}/pause`, why)).toEqual([409, 'projections.act.refused']);
    expect(await refused(`${path}/abort`, why)).toEqual([409, 'projections.act.refused']);
    expect(await refused('/projections/no.such')).toEqual([404, 'projections.projection.not_found']);
    expect(await refused('/projections/no.such/pause', why)).toEqual([
      404,
      'projections.projection.not_found',
    ]);
    expect((await refused(`${path}/rebuilds/77`))[0]).toBe(404);
    expect((await refused(`${path}/pause`, {}))[0]).toBe(400);
    expect((await refused(`${path}/pause`, { reason: ' ' }))[0]).toBe(400);
    expect((await refused(`${path}/run-to`, { ...why, position: 'here' }))[0]).toBe(400);
    expect((await refused('/projections', undefined, { authorization: `Bearer ${good}` }))[0]).toBe(403);
    expect((await refused(`${path}/skip`, why, { 'x-without': 'projections.skip' }))[0]).toBe(403);
    expect(await acts()).toEqual([]);
  });
});
