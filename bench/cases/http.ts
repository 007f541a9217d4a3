import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { devNull } from 'node:os';
import { openSync } from 'node:fs';
import autocannon from 'autocannon';
import { uuidv7 } from '@acci/database';
import type { BenchDatabase } from '../bench-database.ts';
import { figureOf, type Effort, type Figure } from '../harness.ts';
import type { Listening } from '../servers/protocol.ts';

interface Server {
  readonly url: string;
  readonly process: ChildProcess;
}

const connections = 16;
const operatorKey = randomBytes(32).toString('hex');
const authorization = `Bearer ${operatorKey}`;

/** Whole requests: each server is a process of its own on the same database, and they are loaded in turn. */
export async function httpFigures(
  bench: BenchDatabase,
  effort: Effort,
  wanted: (name: string) => boolean,
): Promise<Figure[]> {
  const silent = await start('ours', { ...environmentOf(bench), LOG_LEVEL: 'silent' });
  const logging = await start('ours', { ...environmentOf(bench), LOG_LEVEL: 'info' });
  const bare = await start('bare', { BARE_DATABASE_URL: bench.urls.admin });
  try {
    const id = await createTenant(logging);
    const get = (server: Server) => ({ url: `${server.url}/v1/tenants/${id}`, headers: { authorization } });
    const post = (server: Server): autocannon.Options => ({
      url: `${server.url}/v1/tenants`,
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      setupClient: (client) => {
        const next = () => client.setBody(JSON.stringify({ slug: `t-${uuidv7()}`, name: 'A tenant' }));
        next();
        client.on('response', next);
      },
    });
    const cases = [
      ['GET /v1/tenants/{id}', 0.7, get(logging), get(bare)],
      ['POST /v1/tenants', 0.6, post(logging), post(bare)],
      ['request logging on, against off', 0.75, get(logging), get(silent)],
    ] as const;
    const figures: Figure[] = [];
    for (const [name, target, ours, baseline] of cases) {
      if (wanted(name)) figures.push(await compareLoads(name, target, ours, baseline, effort));
    }
    return figures;
  } finally {
    for (const server of [silent, logging, bare]) server.process.disconnect();
    await Promise.all([silent, logging, bare].map((server) => once(server.process, 'exit')));
  }
}

function environmentOf({ urls, masterKey }: BenchDatabase): Record<string, string> {
  return {
    NODE_ENV: 'production',
    DATABASE_URL: urls.app,
    DATABASE_SYSTEM_URL: urls.system,
    DATABASE_OWNER_URL: urls.owner,
    ACCI_OPERATOR_KEY: operatorKey,
    ACCI_MASTER_KEY: masterKey,
    ACCI_WORKER: 'false',
    ACCI_RATE_LIMIT_PER_MINUTE: '100000000',
  };
}

async function start(name: 'ours' | 'bare', environment: Record<string, string>): Promise<Server> {
  const child = fork(new URL(`../servers/${name}.ts`, import.meta.url), {
    env: { PATH: process.env['PATH'], ...environment },
    // Logged lines are made and written, but to nowhere: the disk is not what is measured.
    stdio: ['ignore', openSync(devNull, 'w'), 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The ${name} server ended with ${code} before it listened`);
  });
  const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [Listening];
  ended.catch(() => {});
  return { url: `http://127.0.0.1:${port}`, process: child };
}

async function createTenant({ url }: Server): Promise<string> {
  const response = await fetch(`${url}/v1/tenants`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ slug: 'bench-tenant', name: 'Bench tenant' }),
  });
  const { id } = (await response.json()) as { id?: string };
  if (!id) throw new Error(`No tenant could be created: ${response.status}`);
  return id;
}

async function compareLoads(
  name: string,
  target: number,
  ours: autocannon.Options,
  baseline: autocannon.Options,
  { rounds, slice }: Effort,
): Promise<Figure> {
  const seconds = Math.max(1, Math.round(slice / 1_000));
  const load = async (options: autocannon.Options): Promise<number> => {
    const result = await autocannon({ ...options, connections, duration: seconds });
    if (result.non2xx > 0 || result.errors > 0) {
      throw new Error(`${name}: ${result.non2xx} answers were no success, ${result.errors} requests failed`);
    }
    return result['2xx'] / result.duration;
  };
  await load(ours);
  await load(baseline);
  const pairs: { ours: number; baseline: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      const first = await load(ours);
      pairs.push({ ours: first, baseline: await load(baseline) });
    } else {
      const first = await load(baseline);
      pairs.push({ ours: await load(ours), baseline: first });
    }
  }
  return figureOf(name, 'requests/s', pairs, target);
}
