import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promises as fs } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '../testing/test-server.js';
import {
  EmbeddedServerInUse,
  EmbeddedServerUnusable,
  EmbeddedServerVersionMismatch,
} from './embedded.errors.js';
import { EmbeddedServer } from './embedded-server.js';
import { findNative } from './native.js';
import { placeServer } from './server-place.js';

const root = resolve(import.meta.dirname, '../../../..');
const isRoot = process.getuid?.() === 0;
// The user `nobody`, whom every Linux has; or whoever runs this.
const normalUser = isRoot ? { uid: 65_534, gid: 65_534 } : {};

describe('EmbeddedServer', () => {
  let base: string;
  let directory: string;
  const apps: ChildProcess[] = [];
  const log: string[] = [];

  const start = (where = directory): Promise<EmbeddedServer> =>
    EmbeddedServer.start({ directory: where, durable: false, log: (message) => log.push(message) });
  const query = (url: string, sql: string): Promise<unknown[]> =>
    withClient(url, async (client) => (await client.query<Record<string, unknown>>(sql)).rows);
  const dataFile = (name: string): string => join(directory, 'data', name);

  /** Starts an application in a process of its own, which prints `ready` and goes on with `script`. */
  async function startApp(
    script: string,
    options: { uid?: number; gid?: number } = {},
  ): Promise<ChildProcess> {
    const code = `
      import { setTimeout as sleep } from 'node:timers/promises';
      import { Client } from '${root}/node_modules/pg/esm/index.mjs';
      import { EmbeddedServer } from '${root}/libs/database/src/embedded/embedded-server.js';
      const server = await EmbeddedServer.start({ directory: '${directory}', durable: false });
      console.log('ready');
      ${script}`;
    const app = spawn(
      process.execPath,
      [
        '--conditions=@acci/source',
        '--import',
        `${root}/test/setup/sources.ts`,
        '--input-type=module',
        '-e',
        code,
      ],
      // A process group of its own, as a shell gives to a job at a terminal.
      { ...options, detached: true, cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    apps.push(app);
    await printed(app, 'ready');
    return app;
  }

  async function printed(app: ChildProcess, text: string): Promise<void> {
    for await (const chunk of app.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
      if (String(chunk).includes(text)) return;
    }
    throw new Error(`The application ended and did not print ${text}`);
  }

  async function postmaster(): Promise<number> {
    return Number.parseInt(await fs.readFile(dataFile('postmaster.pid'), 'utf8'), 10);
  }

  /** Parents of a process up to but without this one: the watchdog's shell, then the application. */
  async function parentOf(pid: number): Promise<number> {
    const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  }

  async function childrenOf(pid: number): Promise<number[]> {
    const children = await fs.readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.trim().split(' ').filter(Boolean).map(Number);
  }

  async function until(condition: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 10_000;
    while (!(await condition())) {
      if (Date.now() > end) throw new Error('It did not come about in ten seconds');
      await sleep(20);
    }
  }

  const isGone = (pid: number): Promise<boolean> =>
    fs.readFile(`/proc/${pid}/stat`, 'utf8').then(
      (stat) => stat.includes(') Z '),
      () => true,
    );

  beforeAll(async () => {
    base = await fs.mkdtemp(join(tmpdir(), 'acci-embedded-'));
    await fs.chmod(base, 0o755);
    directory = join(base, 'postgres');
    const server = await start();
    await query(server.urls.admin, 'create table kept (word text)');
    await server.stop();
  });

  afterAll(async () => {
    for (const { pid } of apps) {
      if (pid !== undefined && !(await isGone(pid))) process.kill(pid, 'SIGKILL');
    }
    await fs.rm(base, { recursive: true, force: true });
  });

  it('serves every role with a password, on the loopback address only', async () => {
    const server = await start();
    try {
      for (const role of ['owner', 'app', 'system'] as const) {
        expect(await query(server.urls[role], 'select current_user::text as name')).toEqual([
          { name: `acci_${role}` },
        ]);
      }
      await expect(query(server.urls.app.replace(/:[^:@]+@/, ':guess@'), 'select 1')).rejects.toThrow(
        'password',
      );
      expect(
        await query(server.urls.admin, `select setting from pg_settings where name = 'listen_addresses'`),
      ).toEqual([{ setting: '127.0.0.1' }]);
      expect((await fs.stat(join(directory, 'server.json'))).mode & 0o777).toBe(0o600);
      expect(await EmbeddedServer.find(directory)).toEqual(server.urls);
    } finally {
      await server.stop();
    }
    expect(await EmbeddedServer.find(directory)).toBeUndefined();
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
    const servers = starts.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
    const refusals = starts
      .filter((result) => result.status === 'rejected')
      .map(({ reason }) => reason as unknown);
    expect(servers).toHaveLength(1);
    expect(refusals).toEqual([expect.any(EmbeddedServerInUse), expect.any(EmbeddedServerInUse)]);
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('refuses a second start from another process', async () => {
    const app = await startApp('setInterval(() => {}, 1000);');
    await expect(start()).rejects.toThrow(EmbeddedServerInUse);
    app.kill('SIGKILL');
    await once(app, 'exit');
  });

  it('ends with an application that is killed, and starts again at once', async () => {
    const app = await startApp(`
      const client = new Client({ connectionString: server.urls.admin });
      await client.connect();
      await client.query("insert into kept values ('before the kill')");
      await client.query('begin');
      await client.query("insert into kept values ('never committed')");
      console.log('written');
      setInterval(() => {}, 1000);`);
    await printed(app, 'written');
    const pid = await postmaster();
    app.kill('SIGKILL');
    const server = await start();
    const rows = await query(server.urls.admin, 'select word from kept');
    expect(rows).toContainEqual({ word: 'before the kill' });
    expect(rows).not.toContainEqual({ word: 'never committed' });
    expect(await isGone(pid)).toBe(true);
    await server.stop();
  });

  it('ends with an application that just ends, and does not keep it from doing so', async () => {
    const app = await startApp('');
    await once(app, 'exit');
    expect(app.exitCode).toBe(0);
    await until(() => EmbeddedServer.find(directory).then((urls) => urls === undefined));
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'outlasts %s to the process group until the application stops it',
    async (name) => {
      const app = await startApp(`
      setInterval(() => {}, 1000);
      process.on('${name}', async () => {
        await sleep(300);
        const client = new Client({ connectionString: server.urls.admin });
        await client.connect();
        await client.query("insert into kept values ('drained on ${name}')");
        await client.end();
        await server.stop();
        process.exit(7);
      });`);
      process.kill(-(app.pid ?? 0), name);
      await once(app, 'exit');
      expect(app.exitCode).toBe(7);
      const server = await start();
      expect(await query(server.urls.admin, 'select word from kept')).toContainEqual({
        word: `drained on ${name}`,
      });
      await server.stop();
    },
  );

  it('brings the server back when only the postmaster is killed', async () => {
    const server = await start();
    await query(server.urls.admin, `insert into kept values ('before the postmaster died')`);
    process.kill(await postmaster(), 'SIGKILL');
    await until(() =>
      query(server.urls.admin, 'select 1').then(
        () => true,
        () => false,
      ),
    );
    expect(await query(server.urls.admin, 'select word from kept')).toContainEqual({
      word: 'before the postmaster died',
    });
    await server.stop();
  });

  it('recovers when everything is killed at once, busy backends left alone', async () => {
    const app = await startApp(`
      const client = new Client({ connectionString: server.urls.admin });
      await client.connect();
      await client.query("insert into kept values ('before the end')");
      console.log('written');
      await client.query("do $$ begin loop end loop; end $$");`);
    await printed(app, 'written');
    await sleep(100);
    const pid = await postmaster();
    const shell = await parentOf(pid);
    const watchers = await childrenOf(shell);
    const backends = (await childrenOf(pid)).length;
    for (const victim of [app.pid ?? 0, shell, ...watchers]) process.kill(victim, 'SIGKILL');
    expect(backends).toBeGreaterThan(3);
    // The backend in its endless loop does not notice that it is alone; it holds the shared memory.
    const server = await start();
    expect(await query(server.urls.admin, 'select word from kept')).toContainEqual({
      word: 'before the end',
    });
    expect(log.join('\n')).toContain('Ending what an earlier run left');
    await server.stop();
  });

  it('takes down a postmaster whose application and watchdog were killed', async () => {
    const app = await startApp('setInterval(() => {}, 1000);');
    const pid = await postmaster();
    const shell = await parentOf(pid);
    const watchers = (await childrenOf(shell)).filter((child) => child !== pid);
    for (const victim of [shell, ...watchers, app.pid ?? 0]) process.kill(victim, 'SIGKILL');
    await sleep(200);
    expect(await isGone(pid)).toBe(false);
    const server = await start();
    expect(await isGone(pid)).toBe(true);
    await server.stop();
  });

  it('starts over a stale pid file, and spares the process that has its number by now', async () => {
    const { uid, gid } = await fs.stat(dataFile('PG_VERSION'));
    const innocent = spawn('sleep', ['60'], isRoot ? { uid, gid } : {});
    await fs.writeFile(
      dataFile('postmaster.pid'),
      `${innocent.pid}\n${dataFile('')}\n1\n5432\n\n127.0.0.1\n0 0\nready\n`,
    );
    const server = await start();
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
    await server.stop();
    innocent.kill();
  });

  it('starts over an initialisation that was killed', async () => {
    const fresh = join(base, 'interrupted');
    await fs.mkdir(join(fresh, 'data.new', 'base'), { recursive: true });
    const server = await start(fresh);
    expect(await fs.readdir(fresh)).toEqual(['data', 'postgres.log', 'server.json']);
    await server.stop();
  });

  it('refuses the data of another major version', async () => {
    await fs.writeFile(dataFile('PG_VERSION'), '15\n');
    await expect(start()).rejects.toThrow(EmbeddedServerVersionMismatch);
    await expect(start()).rejects.toThrow('was made by PostgreSQL 15, and this is PostgreSQL 18');
    await fs.writeFile(dataFile('PG_VERSION'), '18\n');
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
    await expect(start('/proc/acci/postgres')).rejects.toThrow(EmbeddedServerUnusable);
    await expect(start('/proc/acci/postgres')).rejects.toThrow(
      /cannot write to \/proc\/acci\/postgres .*DATABASE_URL/,
    );
  });

  it('runs as a normal user', async () => {
    const shared = directory;
    directory = join(base, 'normal', 'postgres');
    await fs.mkdir(join(base, 'normal'));
    if (isRoot) await fs.chown(join(base, 'normal'), 65_534, 65_534);
    const app = await startApp('setInterval(() => {}, 1000);', normalUser);
    const owner = (await fs.stat(dataFile('postmaster.pid'))).uid;
    expect(owner).toBe(normalUser.uid ?? process.getuid?.());
    app.kill('SIGKILL');
    await once(app, 'exit');
    // What the normal user made, root runs as that user.
    const server = await start();
    expect((await fs.stat(dataFile('postmaster.pid'))).uid).toBe(owner);
    await server.stop();
    directory = shared;
  });

  it('never runs as root, and finds a place that its user can reach', async () => {
    const closed = join(base, 'closed');
    await fs.mkdir(closed, { mode: 0o700 });
    const native = await findNative();
    const place = await placeServer(
      join(closed, 'postgres'),
      native,
      (message) => log.push(message),
      join(base, 'fallback'),
    );
    expect(place.user === undefined).toBe(!isRoot);
    expect(place.user?.uid).not.toBe(0);
    expect(place.home.startsWith(isRoot ? join(base, 'fallback') : closed)).toBe(true);
  });
});
