import { afterMigrate, migrations } from '@acci/api';
import { uuidv7 } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import { Acci } from '../spec-support/acci.js';
import { arrived, Shop, trouble, until } from '../spec-support/shop.js';

interface DeadLetter {
  readonly id: string;
  readonly tenantId: string;
  readonly attempts: number;
}

const webhook = 'shop.order-webhook';
const why = ['--reason', 'The receiver is back', '--actor', 'user:ada'];
const [acme, globex] = [uuidv7(), uuidv7()];
let db: TestDatabase;
let acci: Acci;
let shop: Shop;

beforeAll(async () => {
  db = await TestDatabase.create({ migrations, afterMigrate });
  acci = new Acci(db);
  shop = await Shop.start(db);
});
afterAll(async () => {
  await shop?.close();
  await db.close();
});
beforeEach(() => {
  trouble.withReceiver = false;
  arrived.length = 0;
});

const letters = (...args: string[]) => acci.json<DeadLetter[]>('dead-letters', 'list', ...args);

/** What cannot be delivered while the receiver is down. */
async function failed(...orders: readonly (readonly [string, number])[]): Promise<DeadLetter[]> {
  trouble.withReceiver = true;
  for (const [tenantId, total] of orders) await shop.order(tenantId, total);
  await until(async () => (await letters()).length === orders.length);
  trouble.withReceiver = false;
  return letters();
}

it('lists dead letters of all tenants, and delivers again the one that is named, or all', async () => {
  const all = await failed([acme, 1], [globex, 2], [globex, 3]);
  const first = all.find(({ tenantId }) => tenantId === acme);
  expect(first).toMatchObject({ tenantId: acme, reaction: webhook, attempts: 2, status: 'open' });
  expect(await letters('--tenant', acme)).toEqual([first]);
  expect(await letters('--subscription', 'shop.nobody')).toEqual([]);
  const { stdout } = await acci.run(['dead-letters', 'list']);
  expect(stdout).toMatch(new RegExp(`^${first?.id} +${acme} +${webhook} +shop.order.placed +0 +2 `, 'm'));
  const { stdout: backlog } = await acci.run(['reactions', 'list']);
  expect(backlog).toMatch(/^shop\.order-webhook +subscription +0 +3$/m);

  const one = await acci.run(['dead-letters', 'retry', first?.id ?? '', ...why]);
  expect(one).toMatchObject({ code: 0, stderr: '1 retried.\n' });
  await until(() => arrived.length === 1);
  const others = await acci.json('dead-letters', 'retry', '--all', '--subscription', webhook, ...why);
  expect(others).toEqual({ retried: 2, settledBefore: 0 });
  await until(() => arrived.length === 3);
  expect(arrived.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  expect(await acci.json('dead-letters', 'retry', '--all', ...why)).toMatchObject({ retried: 0 });
});

it('gives dead letters up, and keeps who did that and why', async () => {
  const [letter] = await failed([acme, 4]);
  const id = letter?.id ?? '';
  const discard = ['dead-letters', 'discard', id, ...why];
  expect(await acci.run(discard)).toMatchObject({ code: 0, stderr: '1 discarded.\n' });
  expect(await acci.run(discard)).toMatchObject({ code: 4 });
  expect(await letters('--status', 'discarded')).toMatchObject([
    { id, settled: { by: 'user:ada', reason: 'The receiver is back' } },
  ]);
  expect(await letters()).toEqual([]);
  expect(arrived).toEqual([]);
});

it('delivers old events again, which it need not know', async () => {
  const from = await shop.order(acme, 5);
  const to = await shop.order(acme, 6);
  await shop.order(acme, 7);
  await until(() => arrived.length === 3);
  const range = ['--tenant', acme, '--from', from, '--to', to];
  const { code, stdout } = await acci.run(['reactions', 'replay', webhook, ...range, ...why]);
  expect(code).toBe(0);
  await until(() => arrived.length === 4);
  expect(arrived.at(-1)).toBe(6);
  const [act] = await db.admin(
    `select data ->> 'reason' as reason, metadata ->> 'actor' as actor from acci.event_log where stream_id = $1`,
    [stdout.trim()],
  );
  expect(act).toEqual({ reason: 'The receiver is back', actor: 'user:ada' });
});

it.each([
  ['dead letters that are not there', ['dead-letters', 'retry', uuidv7(), ...why], 3],
  ['what is no id', ['dead-letters', 'retry', 'first', ...why], 2],
  ['neither ids nor all', ['dead-letters', 'discard', ...why], 2],
  ['a status that there is not', ['dead-letters', 'list', '--status', 'lost'], 2],
  ['nobody’s subscription', ['reactions', 'replay', 'shop.nobody', '--tenant', acme, ...why], 3],
  ['a replay for no tenant', ['reactions', 'replay', webhook, ...why], 2],
  ['a replay without a reason', ['reactions', 'replay', webhook, '--tenant', acme], 2],
])('refuses %s', async (_name, args, code) => {
  expect(await acci.run(args)).toMatchObject({ code, stdout: '' });
});
