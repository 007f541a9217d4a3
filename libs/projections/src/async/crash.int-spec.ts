import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database, uuidv7 } from '@acci/database';
import { seededRandom, type TestDatabase } from '@acci/database/testing';
import { testContext } from '@acci/event-store/testing';
import { Account, BalancesProjection, LedgerProjection } from '../fixtures/bank.js';
import { balancesIn, createTestDatabase, foldOfBalances, Program } from '../fixtures/program.js';
import { Wire } from '../fixtures/wire.js';
import { ProjectionActRefused } from '../index.js';

const { ACCI_LONG, ACCI_SEEDS } = process.env;
const kills = ACCI_LONG === '1' ? 100 : 5;
const seed = Number(ACCI_SEEDS ?? 1);
const random = seededRandom(seed);
const source = join(import.meta.dirname, '..');

let db: TestDatabase;
let program: Program;
const children: ChildProcess[] = [];

beforeEach(async () => {
  db = await createTestDatabase();
  program = await Program.boot(db.database, [new LedgerProjection(), new BalancesProjection()], {
    leaseMs: 500,
  });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await program.runner.stop();
  await db.close();
});

/** Waits until a projector says a word. */
function word(child: ChildProcess, expected: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes(expected)) resolve();
    });
    child.once('exit', () => reject(new Error('The projector ended by itself')));
  });
}

/** Starts a projector in a process of its own, and waits for a word of it. */
async function startProjector(mode: string, first: string): Promise<ChildProcess> {
  const loader = join(source, '../../../test/setup/sources.ts');
  const child = spawn(
    process.execPath,
    [
      '--conditions=@acci/source',
      '--import',
      loader,
      join(source, 'fixtures/projector.ts'),
      db.urls.app,
      db.urls.system,
      db.urls.owner,
      mode,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  await word(child, first);
  return child;
}

async function open(tenantId: string, ...amounts: number[]): Promise<void> {
  await program.store.save(testContext({ tenantId }), Account.open(uuidv7(), 'ada', ...amounts));
}

/** What the ledger must hold: each movement of each account once, with the running sum. */
const expectedLedger = () =>
  db.admin(`select tenant_id, stream_id as account_id, event_id, version, (data->>'amount')::int as amount,
                   (sum((data->>'amount')::int) over (partition by tenant_id, stream_id order by version))::int as balance
              from acci.events where type = 'bank.account.money_moved' order by 1, 2, version`);
/** In the order of writing: events of an account that came in another order have the wrong version here. */
const ledger = () =>
  db.admin(
    `select tenant_id, account_id, event_id, version, amount, balance from acci.ledger order by 1, 2, number`,
  );

const operator = testContext({ actor: 'user:ada' });
const acts: ((name: string, tenantId: string) => Promise<unknown>)[] = [
  (name, tenantId) => program.projections.rebuild(operator, name, { reason: 'a test', tenantId }),
  (name) => program.projections.rebuild(operator, name, { reason: 'a test' }),
  (name) => program.projections.abort(operator, name, { reason: 'a test' }),
  (name, tenantId) => program.projections.switchOff(operator, name, tenantId, { reason: 'a test' }),
  (name, tenantId) => program.projections.switchOn(operator, name, tenantId, { reason: 'a test' }),
  (name, tenantId) => program.projections.pause(operator, name, { reason: 'a test', tenantId }),
  (name) => program.projections.resume(operator, name, { reason: 'a test' }),
];
const anyOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

/** Does what comes to an operator's mind, in any order, and steals leases; what makes no sense is refused. */
async function operate(on: () => boolean, tenants: readonly string[]): Promise<void> {
  while (on()) {
    await anyOf(acts)(anyOf(['bank.ledger', 'bank.balances']), anyOf(tenants)).catch((error: unknown) => {
      if (!(error instanceof ProjectionActRefused)) throw error;
    });
    if (random() < 0.2)
      await db.admin(
        `update acci.projection_shares set lease_until = clock_timestamp() where lease_holder is not null and random() < 0.5`,
      );
    await sleep(random() * 500);
  }
}

/** Everything is on again, and nothing paused. */
async function calmDown(tenants: readonly string[]): Promise<void> {
  for (const name of ['bank.ledger', 'bank.balances']) {
    const by = { reason: 'the end of a test' };
    const acted = [
      ...tenants.map((tenantId) => program.projections.switchOn(operator, name, tenantId, by)),
      program.projections.resume(operator, name, by),
    ];
    for (const outcome of await Promise.allSettled(acted))
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(ProjectionActRefused);
  }
}

describe('kill -9 of the runner', () => {
  it(`${kills} times during a load and an operator's acts (seed ${seed}): nothing is lost, nothing is doubled`, async () => {
    const tenants = Array.from({ length: 5 }, () => uuidv7());
    const seen = { killed: 0, events: 0 };
    // On a busy machine the first ones may be killed before they have done anything.
    const on = () => seen.killed < kills || seen.events === 0;
    const load = (async () => {
      for (let i = 0; on(); i += 1) {
        await open(tenants[i % tenants.length] ?? '', i, 1, 2);
        // There must be work at every moment, and not more in the end than can be waited for.
        await sleep(20);
      }
    })();
    const reap = async (): Promise<void> => {
      while (on()) {
        seen.killed += 1;
        const child = await startProjector('', 'begun');
        await sleep(random() * 1_000);
        child.removeAllListeners('exit').kill('SIGKILL');
        await once(child, 'exit');
        const [row] = await db.admin<{ events: number }>('select count(*)::int as events from acci.ledger');
        seen.events = Math.max(seen.events, row?.events ?? 0);
      }
    };
    await Promise.all([load, operate(on, tenants), reap(), reap()]);

    program.runner.start();
    await calmDown(tenants);
    await program.drained(120_000);
    const expected = await expectedLedger();
    expect(expected.length).toBeGreaterThan(kills);
    expect(seen.events).toBeLessThanOrEqual(expected.length);
    expect(await ledger()).toEqual(expected);
    expect(await balancesIn(db, 'balances')).toEqual(await foldOfBalances(db));
  }, 1_200_000);
});

describe('a connection that breaks', () => {
  it('after a commit, before its answer: the batch is not handled a second time', async () => {
    const wire = await Wire.to(db.urls.system);
    const database = await Database.connect({ urls: { app: db.urls.app, system: wire.url } });
    const handlers = [new LedgerProjection(), new BalancesProjection()];
    const distant = await Program.boot(database, handlers, { ownerUrl: db.urls.owner });
    try {
      distant.runner.start();
      for (let i = 0; i < 5; i += 1) {
        wire.armed = true;
        await open(uuidv7(), 1, 2, 3);
        await distant.drained();
        expect(wire.armed).toBe(false);
      }
      const written = await ledger();
      expect(written).toHaveLength(15);
      expect(written).toEqual(await expectedLedger());
      expect(await balancesIn(db, 'balances')).toEqual(await foldOfBalances(db));
    } finally {
      await distant.runner.stop();
      await database.close();
      wire.close();
    }
  });
});

describe('a runner that was frozen past its lease', () => {
  it('cannot commit when it wakes up', async () => {
    const tenantId = uuidv7();
    for (let i = 0; i < 3; i += 1) await open(tenantId, i, 1);
    const frozen = await startProjector('slow', 'handling');
    frozen.kill('SIGSTOP');
    // Of the share that has the tenant; nobody need have taken the others by then.
    const holder = async () => {
      const [share] = await db.admin<{ lease_holder: string }>(
        `select s.lease_holder from acci.projection_shares as s
           join acci.projection_builds as b using (projection, build)
          where s.projection = 'bank.ledger' and s.share = acci.share_of($1, b.shares)::text`,
        [tenantId],
      );
      return share?.lease_holder;
    };
    const frozenHolder = await holder();
    expect(frozenHolder).toContain(`/${frozen.pid}/`);

    program.runner.start();
    await program.drained(60_000);
    expect(await holder()).not.toBe(frozenHolder);
    const written = await ledger();
    expect(written).toEqual(await expectedLedger());

    const refused = word(frozen, 'refused');
    frozen.kill('SIGCONT');
    await refused;
    expect(await ledger()).toEqual(written);
    frozen.removeAllListeners('exit').kill('SIGKILL');
  }, 60_000);
});
