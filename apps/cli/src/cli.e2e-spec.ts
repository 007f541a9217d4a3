import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EmbeddedServer } from '@acci/database';
import { spawn, type IPty } from '@lydell/node-pty';
import { Acci } from './spec-support/acci.js';

// The program as people meet it: a process of its own, in a real terminal, on an embedded server's data.
const root = resolve(import.meta.dirname, '../../..');

let folder: string;
let data: string;
const running = new Set<IPty>();

beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'acci-cli-'));
  // PostgreSQL does not run as root; it has to get in.
  await fs.chmod(folder, 0o711);
  data = join(folder, 'data');
});
afterAll(async () => {
  for (const pty of running) pty.kill('SIGKILL');
  await fs.rm(folder, { recursive: true, force: true });
});

/** A terminal in which `acci` runs. */
class Session {
  /** Everything that stood on the screen. */
  text = '';
  private readonly pty: IPty;
  private readonly ended: Promise<number>;
  private readonly listeners = new Set<() => void>();

  constructor(...args: string[]) {
    const { PATH = '', HOME } = process.env;
    const sources = ['--conditions=@acci/source', '--import', `${root}/test/setup/sources.ts`];
    this.pty = spawn(process.execPath, [...sources, `${root}/apps/cli/src/main.ts`, ...args], {
      name: 'xterm-256color',
      cols: 120,
      rows: 40,
      cwd: root,
      env: { PATH, HOME, ACCI_DATA_DIR: data },
    });
    running.add(this.pty);
    this.pty.onData((data) => {
      this.text += data;
      for (const listener of this.listeners) listener();
    });
    this.ended = new Promise((done) => {
      this.pty.onExit(({ exitCode }) => {
        running.delete(this.pty);
        done(exitCode);
        for (const listener of this.listeners) listener();
      });
    });
  }

  /** What the process ended with. */
  code(): Promise<number> {
    return this.ended;
  }

  type(keys: string): void {
    this.pty.write(keys);
  }

  /** Waits until a text stands on the screen. */
  async shows(wanted: RegExp): Promise<void> {
    while (!wanted.test(this.text)) {
      const more = new Promise<true>((done) => this.listeners.add(() => done(true)));
      const over = this.ended.then(() => false);
      if (!(await Promise.race([more, over])) && !wanted.test(this.text))
        throw new Error(`Ended without showing ${wanted}:\n${this.text}`);
    }
  }
}

// A process takes seconds to start: each of them proves several things, and two run at the same time.
it('makes an embedded server’s data, and works with it where the server does not run', async () => {
  const migrated = new Session('migrate');
  expect(await migrated.code()).toBe(0);
  expect(migrated.text).toContain('CreateTenantDirectory');
  // It asks before what cannot be undone.
  const forget = new Session('subjects', 'forget', 'customer-42', '--tenant', 'platform');
  await forget.shows(/Forget customer-42 for ever\? \[y\/N\]/);
  forget.type('n\r');
  expect(await forget.code()).toBe(130);
});

describe('beside a server that runs', () => {
  let server: EmbeddedServer;
  let beside: Acci;

  beforeAll(async () => {
    server = await EmbeddedServer.start({ directory: join(data, 'postgres') });
    beside = new Acci(server, { ACCI_MASTER_KEY: '', ACCI_DATA_DIR: data });
  });
  afterAll(() => server?.stop());

  it('shows how far it is, how fast it goes and how long it takes, and follows the log, until Ctrl-C', async () => {
    const tenants = Array.from({ length: 100 }, (_, index) => `{"slug":"t-${index}","name":"T ${index}"}\n`);
    expect(await beside.run(['tenants', 'import', '-'], tenants.join(''))).toMatchObject({ code: 0 });
    const replay = new Session('events', 'replay', '--rate', '20');
    const tail = new Session('events', 'tail', '-n', '1');

    // 100 and not 101: nobody was forgotten.
    await replay.shows(/Replaying \[█+░+\] +\d+ % {2}\d+ of 100 events {2}[\d.]+\/s {2}\d+s left/);
    replay.type('\u0003');
    expect(await replay.code()).toBe(130);
    expect(replay.text.trimEnd()).toMatch(/\d+ events; go on with --from 1\.\d+\.\d+$/);

    await tail.shows(/tenancy\.tenant\.created/);
    await beside.run(['tenants', 'suspend', 't-1', '--reason', 'A test']);
    await tail.shows(/tenancy\.tenant\.suspended/);
    tail.type('\u0003');
    expect(await tail.code()).toBe(0);
  });
});
