import { Agent, request } from 'node:http';
import { uuidv7 } from '@acci/database';
import type { BenchDatabase } from '../bench-database.ts';
import { figureOf, type Effort, type Figure } from '../harness.ts';
import { authorization, environmentOf, startServer, stopServer } from './http-servers.ts';

const streams = 2_000;
// As many at a time as a server's queue of new connections takes.
const openedAtOnce = 100;

/** How many open streams of one server process an event reaches in a second; all 2,000 are wanted within one. */
export async function streamFigures(
  bench: BenchDatabase,
  { rounds }: Effort,
  wanted: (name: string) => boolean,
): Promise<Figure[]> {
  const name = `open streams reached by an event, of ${streams}`;
  if (!wanted(name)) return [];
  const server = await startServer('ours', { ...environmentOf(bench), LOG_LEVEL: 'silent' });
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  try {
    let reached = (_slug: string): void => {};
    for (let open = 0; open < streams; open += openedAtOnce) {
      await Promise.all(
        Array.from({ length: openedAtOnce }, () => openStream(server.url, agent, (slug) => reached(slug))),
      );
    }
    const pairs: { ours: number; baseline: number }[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const slug = `s-${uuidv7()}`;
      const all = Promise.withResolvers<void>();
      let missing = streams;
      reached = (told) => {
        if (told === slug && (missing -= 1) === 0) all.resolve();
      };
      const start = performance.now();
      await createTenant(server.url, slug);
      await all.promise;
      const seconds = (performance.now() - start) / 1_000;
      // The first one warms up.
      if (round > 0) pairs.push({ ours: streams / seconds, baseline: streams });
    }
    return [figureOf(name, 'streams/s', pairs, 1)];
  } finally {
    agent.destroy();
    await stopServer(server);
  }
}

function openStream(url: string, agent: Agent, told: (slug: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    request(`${url}/v1/events/stream`, { agent, headers: { authorization } }, (response) => {
      if (response.statusCode !== 200)
        return reject(new Error(`A stream was answered ${response.statusCode}`));
      response.setEncoding('utf8');
      let text = '';
      response.on('data', (chunk: string) => {
        text += chunk;
        const end = text.lastIndexOf('\n\n');
        if (end < 0) return;
        for (const [, slug = ''] of text.slice(0, end).matchAll(/"slug":"(s-[^"]+)"/g)) told(slug);
        text = text.slice(end + 2);
        resolve();
      });
      // At the end of the bench the connections are cut.
      response.on('error', () => {});
      return undefined;
    })
      .on('error', reject)
      .end();
  });
}

async function createTenant(url: string, slug: string): Promise<void> {
  const response = await fetch(`${url}/v1/tenants`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ slug, name: 'Bench tenant' }),
  });
  if (!response.ok) throw new Error(`No tenant could be created: ${response.status}`);
  await response.arrayBuffer();
}
