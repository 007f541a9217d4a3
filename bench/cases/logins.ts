import { execFile } from 'node:child_process';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { BenchDatabase } from '../bench-database.ts';
import { figureOf, type Effort, type Figure } from '../harness.ts';
import { authorization, environmentOf, startServer, stopServer, type Server } from './http-servers.ts';

const readsPerSecond = 200;
// A process of its own: what sends the flood must not delay what measures the reads.
const floodScript = join(import.meta.dirname, '../servers/login-flood.ts');

/**
 * What is left of the 99th percentile of reads while many try passwords, where one core hashes and another one is shared by
 * the server, its database and whoever asks them: 1 would be all of it, a tenth is wanted. Reads come at a steady pace,
 * well within what the server can do: what is measured is how long they take.
 */
export async function loginFigures(
  bench: BenchDatabase,
  { rounds, slice }: Effort,
  wanted: (name: string) => boolean,
): Promise<Figure[]> {
  const name = 'p99 of GET alone, against beside a login flood';
  if (!wanted(name)) return [];
  const environment = { ...environmentOf(bench), LOG_LEVEL: 'silent', ACCI_TRUSTED_PROXIES: '127.0.0.1' };
  const server = await startServer('ours', environment);
  const agent = new Agent({ keepAlive: true });
  const seconds = Math.max(2, Math.round((slice / 1_000) * 3));
  try {
    const url = `${server.url}/v1/tenants/${await createTenant(server)}`;
    const pairs: { ours: number; baseline: number }[] = [];
    for (let round = 0; round < Math.ceil(rounds / 3); round += 1) {
      // Until the server is warm, or the last flood over.
      await p99(url, agent, seconds);
      const alone = await p99(url, agent, seconds);
      const flood = promisify(execFile)(process.execPath, [floodScript, server.url, `${seconds + 3}`]);
      // Until the queue is full.
      await sleep(2_000);
      const beside = await p99(url, agent, seconds);
      assertFlooded((await flood).stdout);
      // A time is the better the shorter it is: these two are in each other's place.
      pairs.push({ ours: alone, baseline: beside });
    }
    return [figureOf(name, 'µs', pairs, 0.1)];
  } finally {
    agent.destroy();
    await stopServer(server);
  }
}

/** In microseconds. A read is sent when its time has come, whether those before it were answered or not. */
async function p99(url: string, agent: Agent, seconds: number): Promise<number> {
  const times: Promise<number>[] = [];
  const start = performance.now();
  for (let index = 0; index < seconds * readsPerSecond; index += 1) {
    const wait = start + (index * 1_000) / readsPerSecond - performance.now();
    if (wait > 0) await sleep(wait);
    times.push(read(url, agent));
  }
  const sorted = (await Promise.all(times)).toSorted((a, b) => a - b);
  return (sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN) * 1_000;
}

function read(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    request(url, { agent, headers: { authorization } }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - start);
        else reject(new Error(`A read was answered ${response.statusCode}`));
      });
    })
      .on('error', reject)
      .end();
  });
}

/** A flood that was held back at the door, by address, would show nothing. */
function assertFlooded(answers: string): void {
  const statusCodeStats = JSON.parse(answers) as Record<string, { count: number } | undefined>;
  const checked = statusCodeStats['401']?.count ?? 0;
  const refused = statusCodeStats['503']?.count ?? 0;
  if (checked === 0 || checked + refused < 100)
    throw new Error(`That was no flood: ${JSON.stringify(statusCodeStats)}`);
}

async function createTenant({ url }: Server): Promise<string> {
  const response = await fetch(`${url}/v1/tenants`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ slug: 'login-bench', name: 'Bench tenant' }),
  });
  const { id } = (await response.json()) as { id?: string };
  if (!id) throw new Error(`No tenant could be created: ${response.status}`);
  return id;
}
