import autocannon from 'autocannon';
import { uuidv7 } from '@acci/database';
import type { BenchDatabase } from '../bench-database.ts';
import { figureOf, type Effort, type Figure } from '../harness.ts';
import { authorization, environmentOf, startServer, stopServer, type Server } from './http-servers.ts';

const connections = 16;

/** Whole requests: each server is a process of its own on the same database, and they are loaded in turn. */
export async function httpFigures(
  bench: BenchDatabase,
  effort: Effort,
  wanted: (name: string) => boolean,
): Promise<Figure[]> {
  const silent = await startServer('ours', { ...environmentOf(bench), LOG_LEVEL: 'silent' });
  const logging = await startServer('ours', { ...environmentOf(bench), LOG_LEVEL: 'info' });
  const bare = await startServer('bare', { BARE_DATABASE_URL: bench.urls.admin });
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
    await Promise.all([silent, logging, bare].map(stopServer));
  }
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

/** Loads two servers, or two routes of one, in turn. */
export async function compareLoads(
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
