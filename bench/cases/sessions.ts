import autocannon from 'autocannon';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import type { BenchDatabase } from '../bench-database.ts';
import type { Effort, Figure } from '../harness.ts';
import { compareLoads } from './http.ts';
import { environmentOf, startServer, stopServer } from './http-servers.ts';

const seen = 'GET with a session seen just now, against without one';
const unseen = 'GET with one of 10,000 sessions, against without one';

/**
 * What it costs to know who asks: the same handler, which reads one row, behind a route for everybody and behind one for
 * whoever has a session. A session that was seen just now costs no round trip; of 10,000 in turn each costs one.
 */
export async function sessionFigures(
  bench: BenchDatabase,
  effort: Effort,
  wanted: (name: string) => boolean,
): Promise<Figure[]> {
  if (!wanted(seen) && !wanted(unseen)) return [];
  await bench.plain.query('insert into bench.notes (tenant_id, id, body) values ($1, 1, $2)', [
    PLATFORM_TENANT_ID,
    'a note',
  ]);
  const server = await startServer('rows', { ...environmentOf(bench), LOG_LEVEL: 'silent' });
  try {
    const tokens = (await (await fetch(`${server.url}/v1/rows/tokens`)).json()) as string[];
    // Both send a token: what it costs the client to write it is not what is measured.
    const ask = (route: 'guarded' | 'open', own: readonly string[]): autocannon.Options => {
      let next = 0;
      return {
        url: `${server.url}/v1/rows/${route}`,
        setupClient: (client) => {
          const turn = () => client.setHeaders({ authorization: `Bearer ${own[next++ % own.length]}` });
          turn();
          client.on('response', turn);
        },
      };
    };
    const figures: Figure[] = [];
    for (const [name, target, own] of [
      [seen, 0.8, tokens.slice(0, 1)],
      [unseen, 0.5, tokens],
    ] as const) {
      if (wanted(name))
        figures.push(await compareLoads(name, target, ask('guarded', own), ask('open', own), effort));
    }
    return figures;
  } finally {
    await stopServer(server);
  }
}
