import { cpus } from 'node:os';
import { uuidv7 } from '@acci/database';
import { Projections } from '@acci/projections';
import type { BenchDatabase } from '../bench-database.ts';
import { figureOf, type Figure } from '../harness.ts';
import { startServer, stopServer } from './http-servers.ts';
import { program, seedNotes } from './projections.ts';
import { Rebuilt, rebuiltName } from './rebuilt.ts';

const pollMs = 50;
// Small enough that two of them and the server's work for both leave a machine of two cores idle at times.
const partOfCore = 0.1;

/**
 * How fast two worker processes rebuild a projection beside the tables in place, against one. Where workers and server
 * fill the machine, a second worker adds nothing, however well the work is divided: so each of them is held to a tenth
 * of a core, as it would be in a container, when it is alone and when there are two. What two of them do that take all
 * they can get of this machine is the second figure; it is watched only.
 */
export async function rebuildByWorkers(
  bench: BenchDatabase,
  events: number,
  rounds: number,
): Promise<Figure[]> {
  // Tables that are declared in code are made by the owner.
  await bench.plain.query('grant usage, create on schema bench to acci_owner');
  await seedNotes(bench, events);
  const app = await program(bench, [Rebuilt], { runner: false });
  const projections = app.get(Projections);
  const held = await measure(String(partOfCore));
  const free = await measure('');
  await app.close();
  const what = 'rebuild by two workers, against one';
  return [
    figureOf(`${what}: each held to ${partOfCore} of a core`, 'events/s', held, 1.6),
    figureOf(`${what}: with all they get of ${cpus().length} cores`, 'events/s', free),
  ];

  async function measure(part: string): Promise<{ ours: number; baseline: number }[]> {
    const environment = { BENCH_URLS: JSON.stringify(bench.urls), BENCH_PART_OF_CORE: part };
    const first = await startServer('worker', environment);
    const pairs: { ours: number; baseline: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const second = await startServer('worker', environment);
      await dividedAmong(2);
      // A process that has just started is slow, until its code is compiled and its connections are open.
      await rebuild();
      await dividedAmong(2);
      const ours = await rebuild();
      await stopServer(second);
      await dividedAmong(1);
      const baseline = await rebuild();
      pairs.push({ ours, baseline });
    }
    await stopServer(first);
    return pairs;
  }

  async function rebuild(): Promise<number> {
    const ctx = { tenantId: bench.tenantId, actor: 'bench', correlationId: uuidv7() };
    const start = performance.now();
    const { build } = await projections.rebuild(ctx, rebuiltName, { reason: 'to measure it' });
    await until(async () => (await projections.rebuildProgress(rebuiltName, build)).status === 'serving');
    return (events / (performance.now() - start)) * 1_000;
  }

  /** So many processes have a part of the shares each, and nothing is left to do. */
  async function dividedAmong(workers: number): Promise<void> {
    await until(async () => {
      const { shares, lag, rebuild: under } = await projections.get(rebuiltName);
      const holders = new Set(shares.map(({ lease }) => lease?.holder));
      return !under && lag.events === 0 && holders.size === workers && !holders.has(undefined);
    });
  }
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, pollMs));
}
