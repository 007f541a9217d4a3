import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '@acci/database/testing';
import { BalancesProjection } from '../fixtures/bank.js';
import { createTestDatabase, Program } from '../fixtures/program.js';
import { leaseLost, Leases } from './leases.js';

let db: TestDatabase;
let program: Program;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.close());

const boot = async (shares: number) => {
  program = await Program.boot(db.database, [new BalancesProjection()], { shares });
};
const declared = () => program.registry.list('async');
const leasesOf = (holder: string, leaseMs = 60_000) => new Leases(db.database, holder, leaseMs);
const namesOf = (leases: readonly { readonly share: string }[]) =>
  leases.map(({ share }) => share).toSorted();

describe('a lease', () => {
  it('belongs to one holder until it expires or is given back', async () => {
    await boot(1);
    const [a, b] = [leasesOf('a', 100), leasesOf('b')];
    const [held] = await a.tend(declared());
    expect(await b.tend(declared())).toEqual([]);
    expect(await a.tend(declared())).toEqual([held]);
    await sleep(110);
    const [taken] = await b.tend(declared());
    expect(Number(taken?.generation)).toBe(Number(held?.generation) + 1);
    expect(await a.tend(declared())).toEqual([]);
    await b.release();
    expect(await a.tend(declared())).toHaveLength(1);
  });

  it('is taken once, however many want it at the same moment', async () => {
    await boot(4);
    const holders = Array.from({ length: 10 }, (_, index) => leasesOf(`${index}`));
    const taken = await Promise.all(holders.map((leases) => leases.tend(declared())));
    const all = namesOf(taken.flat());
    expect(all.length).toBeGreaterThan(0);
    expect(all).toEqual([...new Set(all)]);
  });

  it('is not given to a program with another version of the projection', async () => {
    await boot(1);
    const newer = { ...program.registry.get('bank.balances'), version: 2 };
    expect(await leasesOf('a').tend([newer])).toEqual([]);
  });

  it('that was taken over commits nothing: each step of the checkpoint is made once', async () => {
    await boot(1);
    const made: number[] = [];
    const owners = new Map<string, Set<string>>();
    let refused = 0;
    const end = performance.now() + 3_000;

    /** Holds leases that are too short for its pauses, and does not notice by itself when one is gone. */
    async function work(holder: string): Promise<void> {
      const leases = leasesOf(holder, 15);
      while (performance.now() < end) {
        const [lease] = await leases.tend(declared());
        if (!lease) {
          await sleep(5);
          continue;
        }
        owners.set(lease.generation, (owners.get(lease.generation) ?? new Set()).add(holder));
        let step = Number(lease.checkpoint?.position ?? 0);
        let from = lease.checkpoint;
        try {
          while (performance.now() < end) {
            const through = { epoch: 1, transaction: 1n, position: BigInt(step + 1) };
            const next = { from, through };
            await db.database.asSystem('test', (tx) => leases.saveCheckpoint(tx, lease, next));
            from = through;
            made.push((step += 1));
            await sleep(Math.random() * 30);
          }
        } catch (error) {
          expect(leaseLost(error)).toBe(true);
          refused += 1;
        }
      }
    }
    await Promise.all(['a', 'b', 'c', 'd'].map(work));

    expect([...owners.values()].filter((holders) => holders.size > 1)).toEqual([]);
    expect(owners.size).toBeGreaterThan(5);
    expect(refused).toBeGreaterThan(5);
    expect(made.toSorted((x, y) => x - y)).toEqual(
      Array.from({ length: made.length }, (_, index) => index + 1),
    );
  });
});

describe('the shares of a build', () => {
  it('are divided evenly, and given up for whoever comes', async () => {
    await boot(4);
    const [a, b, c] = [leasesOf('a'), leasesOf('b'), leasesOf('c')];
    expect(namesOf(await a.tend(declared()))).toEqual(['0', '1', '2', '3']);
    expect(await b.tend(declared())).toEqual([]);
    const surplus = await a.surplus(declared());
    expect(surplus).toHaveLength(2);
    for (const share of surplus) await a.release(share);
    expect(namesOf(await b.tend(declared()))).toEqual(namesOf(surplus));
    expect(await a.tend(declared())).toHaveLength(2);
    expect(await a.surplus(declared())).toEqual([]);

    await c.tend(declared());
    const given = [...(await a.surplus(declared())), ...(await b.surplus(declared()))];
    expect(given).toHaveLength(1);
    await a.release();
    await b.tend(declared());
    await c.tend(declared());
    expect([...(await b.tend(declared())), ...(await c.tend(declared()))]).toHaveLength(4);
  });

  it('go to whoever is left when a process dies', async () => {
    await boot(4);
    const [dead, heir] = [leasesOf('dead', 50), leasesOf('heir')];
    expect(await dead.tend(declared())).toHaveLength(4);
    await sleep(60);
    expect(namesOf(await heir.tend(declared()))).toEqual(['0', '1', '2', '3']);
  });
});
