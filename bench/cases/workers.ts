import { uuidv7 } from '@acci/database';
import { Projections } from '@acci/projections';
import type { BenchDatabase } from '../bench-database.ts';
import { figureOf, type Figure } from '../harness.ts';
import { startServer, stopServer } from './http-servers.ts';
import { program, seedNotes } from './projections.ts';
import { Rebuilt, rebuiltName } from './rebuilt.ts';

const pollMs = 20;
// Longer than it takes until two processes have divided the shares.
const settleMs = 3_000;

/** How fast two worker processes rebuild a projection beside the tables in place, against one. */
export async function rebuildByWorkers(
  bench: BenchDatabase,
  events: number,
  rounds: number,
): Promise<Figure> {
  // Tables that are declared in code are made by the owner.
  await bench.plain.query('grant usage, create on schema bench to acci_owner');
  await seedNotes(bench, events);
  const app = await program(bench, [Rebuilt], { runner: false });
  const projections = app.get(Projections);
  const environment = { BENCH_URLS: JSON.stringify(bench.urls) };
  const first = await startServer('worker', environment);
  await until(async () => (await projections.get(rebuiltName)).rebuild === undefined);
  const pairs: { ours: number; baseline: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const baseline = await rebuild();
    const second = await startServer('worker', environment);
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const ours = await rebuild();
    await stopServer(second);
    await new Promise((resolve) => setTimeout(resolve, 2 * settleMs));
    pairs.push({ ours, baseline });
  }
  await stopServer(first);
  await app.close();
  return figureOf('rebuild by two workers, against one', 'events/s', pairs, 1.6);

  async function rebuild(): Promise<number> {
    const ctx = { tenantId: bench.tenantId, actor: 'bench', correlationId: uuidv7() };
    const start = performance.now();
    const { build } = await projections.rebuild(ctx, rebuiltName, { reason: 'to measure it' });
    await until(async () => (await projections.rebuildProgress(rebuiltName, build)).status === 'serving');
    return (events / (performance.now() - start)) * 1_000;
  }
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, pollMs));
}
