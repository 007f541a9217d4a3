import { spawn } from 'node:child_process';
import { promises as fs, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, runScript, type Script } from '../../../../test/setup/script.js';
import { testDirectory } from '../testing/test-directory.js';
import { withClient } from '../testing/test-server.js';
import { EmbeddedServerInUse } from './embedded.errors.js';
import { EmbeddedServer } from './embedded-server.js';

const isRoot = process.getuid?.() === 0;
// The user `nobody`, whom every Linux has; or whoever runs this.
const normalUser = isRoot ? { uid: 65_534, gid: 65_534 } : {};

describe('EmbeddedServer, when processes end or are killed', () => {
  let base: string;
  let directory: string;
  const apps: Script[] = [];
  const said: string[] = [];

  const start = (): Promise<EmbeddedServer> =>
    EmbeddedServer.start({ directory, durable: false, log: (message) => said.push(message) });

  async function words(server: EmbeddedServer): Promise<string[]> {
    return withClient(server.urls.admin, async (client) => {
      const { rows } = await client.query<{ word: string }>('select word from kept');
      return rows.map(({ word }) => word);
    });
  }

  /** An application with a server: it prints `ready` and goes on with `script`. */
  async function startApp(script: string, user = {}): Promise<Script> {
    const app = runScript(
      `import { setTimeout as sleep } from 'node:timers/promises';
       import { Client } from 'pg';
       import { EmbeddedServer } from '${root}/libs/database/src/embedded/embedded-server.ts';
       const server = await EmbeddedServer.start({ directory: '${directory}', durable: false });
       const client = new Client({ connectionString: server.urls.admin });
       client.on('error', () => {});
       const keep = (word) => client.query('insert into kept values ($1)', [word]);
       console.log('ready');
       ${script}`,
      user,
    );
    apps.push(app);
    await app.printed('ready');
    return app;
  }

  async function postmaster(): Promise<number> {
    return Number.parseInt(await fs.readFile(join(directory, 'data', 'postmaster.pid'), 'utf8'), 10);
  }

  async function parentOf(pid: number): Promise<number> {
    const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  }

  async function childrenOf(pid: number): Promise<number[]> {
    const children = await fs.readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  }

  /** Gone, or a zombie that nobody has waited for yet. */
  async function isGone(pid: number): Promise<boolean> {
    const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z ');
    return stat.includes(') Z ');
  }

  async function until(condition: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 30_000;
    while (!(await condition())) {
      if (Date.now() > end) throw new Error('It did not come about in thirty seconds');
      await sleep(20);
    }
  }

  /** Ends them at once: stopped first, so that none has the time to react to the end of another. */
  function killAll(pids: readonly number[]): void {
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
      for (const pid of pids) {
        try {
          process.kill(pid, signal);
        } catch (error) {
          // Gone already: the end of one process can be the end of another.
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
        }
      }
    }
  }

  beforeAll(async () => {
    base = await fs.mkdtemp(join(await testDirectory(), 'acci-embedded-'));
    await fs.chmod(base, 0o755);
    directory = join(base, 'postgres');
    const server = await start();
    await withClient(server.urls.admin, (client) => client.query('create table kept (word text)'));
    await server.stop();
  });

  afterAll(async () => {
    for (const app of apps) await app.kill();
    await fs.rm(base, { recursive: true, force: true });
  });

  it('refuses a second start from another process', async () => {
    const app = await startApp('setInterval(() => {}, 1000);');
    await expect(start()).rejects.toThrow(EmbeddedServerInUse);
    await app.kill();
  });

  it('ends with an application that is killed, and starts again at once', async () => {
    const app = await startApp(`
      await client.connect();
      await keep('before the kill');
      await client.query('begin');
      await keep('never committed');
      console.log('written');`);
    await app.printed('written');
    const pid = await postmaster();
    await app.kill();
    const server = await start();
    expect(await isGone(pid)).toBe(true);
    expect(await words(server)).toContain('before the kill');
    expect(await words(server)).not.toContain('never committed');
    await server.stop();
  });

  it('ends with an application that just ends, and does not keep it from doing so', async () => {
    // A moment, so that there is a server to look at before it is gone.
    const app = await startApp('await sleep(2_000);');
    const pid = await postmaster();
    expect(await app.ended()).toBe(0);
    await until(() => isGone(pid));
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'outlasts %s to the process group until it is stopped',
    async (name) => {
      const app = await startApp(`
      setInterval(() => {}, 1000);
      process.on('${name}', async () => {
        await sleep(300);
        await client.connect();
        await keep('drained on ${name}');
        await client.end();
        await server.stop();
        process.exit(7);
      });
      console.log('armed');`);
      await app.printed('armed');
      process.kill(-app.pid, name);
      expect(await app.ended()).toBe(7);
      const server = await start();
      expect(await words(server)).toContain(`drained on ${name}`);
      await server.stop();
    },
  );

  it('brings the server back when only the postmaster is killed', async () => {
    const server = await start();
    await withClient(server.urls.admin, (client) =>
      client.query(`insert into kept values ('before it died')`),
    );
    const pid = await postmaster();
    killAll([pid]);
    await until(async () => {
      const now = await postmaster().catch(() => pid);
      return now !== pid && (await EmbeddedServer.find(directory)) !== undefined;
    });
    expect(await words(server)).toContain('before it died');
    await server.stop();
  });

  it('recovers when everything but a busy backend is killed at once', async () => {
    const app = await startApp(`
      await client.connect();
      await keep('before the end');
      await client.query("set client_min_messages = 'error'");
      const { rows } = await client.query('select pg_backend_pid() as pid');
      console.log('busy ' + rows[0].pid + '.');
      await client.query('do $$ begin loop end loop; end $$');`);
    await app.printed('busy');
    const { admin } = (await EmbeddedServer.find(directory)) ?? { admin: '' };
    const loops = `select from pg_stat_activity where state = 'active' and query like 'do $$%'`;
    await until(() => withClient(admin, async (client) => (await client.query(loops)).rowCount === 1));
    const pid = await postmaster();
    const shell = await parentOf(pid);
    killAll([app.pid, shell, ...(await childrenOf(shell))]);
    // A backend in an endless loop does not notice that it is alone, and holds on to the shared memory.
    const server = await start();
    expect(await words(server)).toContain('before the end');
    expect(said.join('\n')).toContain('Ending what an earlier run left at work');
    await server.stop();
  });

  it('takes down a postmaster whose application and watchdog were killed', async () => {
    const app = await startApp('setInterval(() => {}, 1000);');
    const pid = await postmaster();
    const shell = await parentOf(pid);
    const watchers = (await childrenOf(shell)).filter((child) => child !== pid);
    killAll([shell, ...watchers, app.pid]);
    await app.ended();
    expect(await isGone(pid)).toBe(false);
    const server = await start();
    expect(await isGone(pid)).toBe(true);
    await server.stop();
  });

  it('starts over a stale pid file, and spares the process that has its number by now', async () => {
    const { uid, gid } = await fs.stat(join(directory, 'data', 'PG_VERSION'));
    const innocent = spawn('sleep', ['60'], isRoot ? { uid, gid } : {});
    const stale = [innocent.pid, join(directory, 'data'), 1, 5432, '', '127.0.0.1', '0 0', 'ready', ''];
    await fs.writeFile(join(directory, 'data', 'postmaster.pid'), stale.join('\n'));
    const server = await start();
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
    await server.stop();
    innocent.kill();
  });

  const startAsNormalUser = async () => {
    const home = join(base, 'normal');
    await fs.mkdir(home);
    if (isRoot) await fs.chown(home, 65_534, 65_534);
    directory = join(home, 'postgres');
    return startApp('setInterval(() => {}, 1000);', normalUser);
  };

  if (isRoot && !othersMayEnter(root)) {
    it('cannot run as a user who may not enter the checkout', async () => {
      await expect(startAsNormalUser()).rejects.toThrow('EACCES');
    });
    return;
  }

  it('runs as a normal user', async () => {
    const app = await startAsNormalUser();
    const { uid } = await fs.stat(`/proc/${await postmaster()}`);
    expect(uid).toBe(normalUser.uid ?? process.getuid?.());
    await app.kill();
    // What a normal user made, root runs as that user.
    const server = await start();
    expect((await fs.stat(`/proc/${await postmaster()}`)).uid).toBe(uid);
    await server.stop();
  });
});

function othersMayEnter(directory: string): boolean {
  const open = (statSync(directory).mode & 0o001) !== 0;
  return open && (dirname(directory) === directory || othersMayEnter(dirname(directory)));
}
