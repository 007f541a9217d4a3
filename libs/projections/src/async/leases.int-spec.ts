import { tracingChannel } from 'node:diagnostics_channel';
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
const tend = async (leases: Leases) => (await leases.tend(declared())).leases;
const surplusOf = async (leases: Leases) => (await leases.tend(declared())).surplus;
const namesOf = (leases: readonly { readonly share: string }[]) =>
  leases.map(({ share }) => share).toSorted();

describe('a lease', () => {
  it('belongs to one holder until it expires or is given back', async () => {
    await boot(1);
    const [a, b] = [leasesOf('a', 100), leasesOf('b')];
    const [held] = await tend(a);
    expect(await tend(b)).toEqual([]);
    expect(await tend(a)).toEqual([held]);
    await sleep(110);
    const [taken] = await tend(b);
    expect(Number(taken?.generation)).toBe(Number(held?.generation) + 1);
    expect(await tend(a)).toEqual([]);
    await b.release();
    expect(await tend(a)).toHaveLength(1);
  });

  it('is taken once, however many want it at the same moment', async () => {
    await boot(4);
    const holders = Array.from({ length: 10 }, (_, index) => leasesOf(`${index}`));
    const taken = await Promise.all(holders.map((leases) => tend(leases)));
    const all = namesOf(taken.flat());
    expect(all.length).toBeGreaterThan(0);
    expect(all).toEqual([...new Set(all)]);
  });

  it('is not given to a program with another version of the projection', async () => {
    await boot(1);
    const newer = { ...program.registry.get('bank.balances'), version: 2 };
    expect(await leasesOf('a').tend([newer])).toEqual({ leases: [], surplus: [] });
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
        const [lease] = await tend(leases);
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

describe('looking around', () => {
  it('is one statement, whatever is to be announced, renewed, taken or given up', async () => {
    await boot(4);
    const [a, b] = [leasesOf('a'), leasesOf('b')];
    await tend(a);
    await tend(b);
    const channel = tracingChannel<unknown, { attributes: Record<string, unknown> }>('acci:transaction');
    const seen: unknown[] = [];
    const note = { start: ({ attributes }: { attributes: object }) => void seen.push(attributes) };
    channel.subscribe(note as never);
    const { leases, surplus } = await a.tend(declared());
    channel.unsubscribe(note as never);
    expect([leases.length, surplus.length]).toEqual([2, 2]);
    expect(seen).toHaveLength(1);
  });
});

describe('the shares of a build', () => {
  it('are divided evenly, and given up for whoever comes', async () => {
    await boot(4);
    const [a, b, c] = [leasesOf('a'), leasesOf('b'), leasesOf('c')];
    expect(namesOf(await tend(a))).toEqual(['0', '1', '2', '3']);
    expect(await tend(b)).toEqual([]);
    const surplus = await surplusOf(a);
    expect(surplus).toHaveLength(2);
    for (const share of surplus) await a.release(share);
    expect(namesOf(await tend(b))).toEqual(namesOf(surplus));
    expect(await tend(a)).toHaveLength(2);
    expect(await surplusOf(a)).toEqual([]);

    await tend(c);
    const given = [...(await surplusOf(a)), ...(await surplusOf(b))];
    expect(given).toHaveLength(1);
    await a.release();
    await tend(b);
    await tend(c);
    expect([...(await tend(b)), ...(await tend(c))]).toHaveLength(4);
  });

  it('go to whoever is left when a process dies', async () => {
    await boot(4);
    const [dead, heir] = [leasesOf('dead', 50), leasesOf('heir')];
    expect(await tend(dead)).toHaveLength(4);
    await sleep(60);
    expect(namesOf(await tend(heir))).toEqual(['0', '1', '2', '3']);
  });
});
