import { execFile } from 'node:child_process';
import { promises as fs } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EmbeddedServerFailed } from './embedded.errors.js';
import { errorCode } from './error-code.js';

const run = promisify(execFile);

/**
 * Ends whatever a killed run left behind in a data directory: a postmaster without its application, backends
 * without their postmaster, a `postmaster.pid` whose process is gone or by now another program's. Call it under
 * the directory's lock: who holds it knows that every server still at work in there has lost its application.
 *
 * Only processes proven to be servers of this very directory are signalled, never the id in a file alone.
 *
 * @throws {EmbeddedServerFailed} when they do not end
 */
export async function endLeftovers(data: string, log: (message: string) => void = () => {}): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  let found = await findServers(data);
  if (found.length > 0) {
    log(`Ending what an earlier run left at work in ${data} (process ${found.join(', ')}).`);
    const postmaster = Number.parseInt(await fs.readFile(pidFile, 'utf8').catch(() => ''), 10);
    // SIGINT is the postmaster's fast shutdown. Backends without one notice that within moments, unless they are busy.
    const orderly = found.includes(postmaster);
    if (orderly) signal(postmaster, 'SIGINT');
    found = await waitUntilGone(data, orderly ? 10_000 : 1_000);
    for (const pid of found) signal(pid, 'SIGKILL');
    found = await waitUntilGone(data, 5_000);
    if (found.length > 0)
      throw new EmbeddedServerFailed(`Servers at work in ${data} do not end: process ${found.join(', ')}.`);
  }
  // PostgreSQL would refuse to start if the id in there were in use again, as it often is after a reboot.
  await fs.rm(pidFile, { force: true });
}

async function waitUntilGone(data: string, milliseconds: number): Promise<number[]> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await findServers(data);
    if (found.length === 0 || Date.now() > end) return found;
    await sleep(20);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** Ids of the processes that are a `postgres` at work in this data directory. */
export async function findServers(data: string): Promise<number[]> {
  return process.platform === 'linux' ? findByWorkingDirectory(data) : findByCommandLine(data);
}

/** Every process of a server, the postmaster and its children, works in the data directory. */
async function findByWorkingDirectory(data: string): Promise<number[]> {
  const directory = await fs.realpath(data).catch(() => data);
  const pids = (await fs.readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Unreadable: gone, or another user's, and so not ours, for we run as the server's user or as root.
      const [cwd, exe] = await Promise.all(
        ['cwd', 'exe'].map((link) => fs.readlink(`/proc/${pid}/${link}`).catch(() => '')),
      );
      return cwd === directory && basename(exe ?? '').startsWith('postgres') ? Number(pid) : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}

/** macOS does not tell working directories without more tools: we always start a postmaster with `-D` and the path. */
async function findByCommandLine(data: string): Promise<number[]> {
  const { stdout } = await run('ps', ['-axo', 'pid=,command=']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(`/bin/postgres -D ${data} `))
    .map((line) => Number.parseInt(line, 10));
}
