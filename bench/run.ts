import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openBenchDatabase } from './bench-database.ts';
import { appendAgainst, appendOne, appendTen } from './cases/append.ts';
import { catchUp } from './cases/catch-up.ts';
import { httpFigures } from './cases/http.ts';
import { appendInline } from './cases/inline.ts';
import { projectionLag } from './cases/lag.ts';
import { loadSnapshot, loadStream } from './cases/load.ts';
import { loginFigures } from './cases/logins.ts';
import { appendPersonal } from './cases/personal.ts';
import { tenantRead } from './cases/read.ts';
import { sessionFigures } from './cases/sessions.ts';
import { streamFigures } from './cases/streams.ts';
import { rebuildByWorkers } from './cases/workers.ts';
import { compare, machine, tableOf, type Comparison, type Effort, type Figure } from './harness.ts';

// `npm run bench` measures in full and writes bench/results.json and bench/RESULTS.md; `-- --short` is for CI: fewer
// rounds, RESULTS.md untouched. `npm run bench:peers` installs other event stores and measures against them too; a
// full run is made with it. `-- --only read` measures what has that word in its name.
const { values } = parseArgs({
  options: { short: { type: 'boolean' }, peers: { type: 'boolean' }, only: { type: 'string', default: '' } },
});
const effort: Effort = values.short ? { rounds: 5, slice: 500 } : { rounds: 21, slice: 1_000 };
const wanted = (name: string) => name.includes(values.only);

const bench = await openBenchDatabase();
const personal = await appendPersonal(bench);
const inline = await appendInline(bench);
const others = values.peers ? await openPeers() : undefined;
const figures: Figure[] = [];
try {
  // While the log holds nothing else: it begins at the beginning.
  if (wanted('catch-up'))
    figures.push(...(await catchUp(bench, values.short ? 100_000 : 1_000_000, others?.peers[0])));
  if (wanted('rebuild') && !values.short) figures.push(...(await rebuildByWorkers(bench, 300_000, 3)));
  if (wanted('lag')) figures.push(await projectionLag(bench, values.short ? 5 : 30));
  const comparisons: Comparison[] = [
    await tenantRead(bench),
    appendOne(bench, 1),
    appendOne(bench, 16, 0.85),
    appendOne(bench, 64, 1.8),
    appendOne(bench, 256, 3),
    appendTen(bench),
    ...(others?.peers ?? []).map((peer) => appendAgainst(bench, peer)),
    personal.comparison,
    inline.comparison,
    await loadStream(bench),
    await loadSnapshot(bench),
  ];
  for (const comparison of comparisons) {
    if (wanted(comparison.name)) figures.push(await compare(comparison, effort));
  }
  figures.push(...(await httpFigures(bench, effort, wanted)));
  figures.push(...(await loginFigures(bench, effort, wanted)));
  figures.push(...(await sessionFigures(bench, effort, wanted)));
  figures.push(...(await streamFigures(bench, effort, wanted)));
} finally {
  await others?.close();
  await personal.close();
  await inline.close();
  await bench.close();
}

const results = new URL('results.json', import.meta.url);
const report = new URL('RESULTS.md', import.meta.url);
const table = tableOf(figures);
console.log(`${machine(bench.serverVersion)}\n\n${table}`);
await writeFile(results, `${JSON.stringify(figures, undefined, 2)}\n`);
if (!values.short && values.only === '') {
  await writeFile(report, `# Benchmark results\n\n${machine(bench.serverVersion)}\n\n${table}\n`);
}

async function openPeers() {
  const peers = await import('./peers/peers.mjs');
  return peers.openPeers(await bench.createDatabase('peers'), bench.connections);
}
