import { once } from 'node:events';
import { promises as fs } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { testDirectory } from '../testing/test-directory.js';
import { withClient } from '../testing/test-server.js';
import {
  EmbeddedServerInUse,
  EmbeddedServerUnusable,
  EmbeddedServerVersionMismatch,
} from './embedded.errors.js';
import { EmbeddedServer } from './embedded-server.js';
import { findNative } from './native.js';
import { placeServer } from './server-place.js';

const isRoot = process.getuid?.() === 0;

describe('EmbeddedServer', () => {
  let base: string;
  let directory: string;

  const start = (where = directory): Promise<EmbeddedServer> =>
    EmbeddedServer.start({ directory: where, durable: false });
  const query = (url: string, sql: string): Promise<unknown[]> =>
    withClient(url, async (client) => (await client.query<Record<string, unknown>>(sql)).rows);

  beforeAll(async () => {
    base = await fs.mkdtemp(join(await testDirectory(), 'acci-embedded-'));
    await fs.chmod(base, 0o755);
    directory = join(base, 'postgres');
    const server = await start();
    await query(server.urls.admin, 'create table kept (word text)');
    await server.stop();
  });

  afterAll(async () => {
    await fs.rm(base, { recursive: true, force: true });
  });

  it('serves every role with a password, on the loopback address only', async () => {
    const server = await start();
    try {
      for (const role of ['owner', 'app', 'system'] as const) {
        const [row] = await query(server.urls[role], 'select current_user::text as name');
        expect(row).toEqual({ name: `acci_${role}` });
      }
      await expect(query(server.urls.app.replace(/:[^:@]+@/, ':guess@'), 'select 1')).rejects.toThrow(
        'password',
      );
      expect(await query(server.urls.admin, 'show listen_addresses')).toEqual([
        { listen_addresses: '127.0.0.1' },
      ]);
      expect((await fs.stat(join(directory, 'server.json'))).mode & 0o777).toBe(0o600);
      expect(await EmbeddedServer.find(directory)).toEqual(server.urls);
    } finally {
      await server.stop();
    }
    expect(await EmbeddedServer.find(directory)).toBeUndefined();
    expect(await EmbeddedServer.find(join(base, 'nowhere'))).toBeUndefined();
  });

  it('is safe against a crash of the machine unless told otherwise', async () => {
    const server = await EmbeddedServer.start({ directory });
    try {
      expect(await query(server.urls.admin, 'show fsync')).toEqual([{ fsync: 'on' }]);
      expect(await query(server.urls.admin, 'show full_page_writes')).toEqual([{ full_page_writes: 'on' }]);
    } finally {
      await server.stop();
    }
  });

  it('keeps data, passwords and port between runs', async () => {
    const first = await start();
    await query(first.urls.admin, `insert into kept values ('between runs')`);
    await first.stop();
    const second = await start();
    expect(second.urls).toEqual(first.urls);
    expect(await query(second.urls.admin, 'select word from kept')).toContainEqual({ word: 'between runs' });
    await second.stop();
  });

  it('takes another port when its own is in use', async () => {
    const first = await start();
    await first.stop();
    const squatter = createServer().listen(first.port, '127.0.0.1');
    await once(squatter, 'listening');
    const second = await start();
    expect(second.port).not.toBe(first.port);
    await second.stop();
    squatter.close();
  });

  it('refuses a second start, even at the same moment and from nothing', async () => {
    const fresh = join(base, 'contended');
    const starts = await Promise.allSettled([start(fresh), start(fresh), start(fresh)]);
    const refusals = starts.flatMap((result): unknown[] =>
      result.status === 'rejected' ? [result.reason] : [],
    );
    expect(refusals).toEqual([expect.any(EmbeddedServerInUse), expect.any(EmbeddedServerInUse)]);
    for (const result of starts) if (result.status === 'fulfilled') await result.value.stop();
    const server = await start(fresh);
    await server.stop();
  });

  it('starts over an initialisation that was killed', async () => {
    const fresh = join(base, 'interrupted');
    await fs.mkdir(join(fresh, 'data.new', 'base'), { recursive: true });
    const server = await start(fresh);
    expect(await fs.readdir(fresh)).toEqual(['data', 'postgres.log', 'server.json']);
    await server.stop();
  });

  it('refuses the data of another major version', async () => {
    const file = join(directory, 'data', 'PG_VERSION');
    await fs.writeFile(file, '15\n');
    await expect(start()).rejects.toThrow(EmbeddedServerVersionMismatch);
    await expect(start()).rejects.toThrow('was made by PostgreSQL 15, and this is PostgreSQL 18');
    await fs.writeFile(file, '18\n');
  });

  it('refuses data without its passwords, and what is no data at all', async () => {
    const state = join(directory, 'server.json');
    await fs.rename(state, `${state}.away`);
    await expect(start()).rejects.toThrow(/passwords of the data in .* are lost/);
    await fs.writeFile(state, 'no json');
    await expect(start()).rejects.toThrow(/server\.json cannot be read/);
    await fs.rename(`${state}.away`, state);
    const other = join(base, 'other');
    await fs.mkdir(join(other, 'data'), { recursive: true });
    await expect(start(other)).rejects.toThrow('is not a PostgreSQL data directory');
  });

  it('refuses a directory that cannot be written', async () => {
    const file = join(base, 'file');
    await fs.writeFile(file, '');
    await expect(start(join(file, 'postgres'))).rejects.toThrow(EmbeddedServerUnusable);
    await expect(start(join(file, 'postgres'))).rejects.toThrow(
      /cannot write to .*file\/postgres .*DATABASE_URL/,
    );
  });

  it('says what PostgreSQL said when it does not start', async () => {
    const settings = { shared_buffers: 'plenty' };
    await expect(EmbeddedServer.start({ directory, settings })).rejects.toThrow(
      /did not start.*shared_buffers/s,
    );
    const server = await start();
    await server.stop();
  });

  it('never runs as root, and finds a place that its user can reach', async () => {
    const closed = join(base, 'closed');
    await fs.mkdir(closed, { mode: 0o700 });
    const native = await findNative();
    const said: string[] = [];
    const fallback = join(base, 'fallback');
    const place = await placeServer(
      join(closed, 'postgres'),
      native,
      (message) => said.push(message),
      fallback,
    );
    expect(place.user === undefined).toBe(!isRoot);
    expect(place.user?.uid).not.toBe(0);
    expect(place.home.startsWith(isRoot ? fallback : closed)).toBe(true);
    expect(said.length > 0).toBe(isRoot);
  });
});
