import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promises as fs } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverEnvironment } from './cluster.js';
import { EmbeddedServerFailed } from './embedded.errors.js';
import { endLeftovers } from './leftovers.js';
import type { ServerPlace } from './server-place.js';

/**
 * Starts the server given as arguments and ends it when our end of the pipe on standard input closes, which the
 * kernel does for us even after a kill -9. SIGINT is PostgreSQL's fast shutdown: it breaks off open transactions
 * and writes a checkpoint. The shell's own signals are ignored; the server sets its handlers anew.
 */
const watchdog = `
trap '' HUP INT TERM
exec 3<&0 </dev/null
"$@" 3<&- & server=$!
{ read -r _ <&3; kill -INT "$server"; } & watcher=$!
exec 3<&-
wait "$server"; status=$?
kill -KILL "$watcher"
exit "$status"
`;

/** A running postmaster under its watchdog. */
export interface ServerProcess {
  readonly port: number;
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Shuts the server down: open transactions are rolled back, committed ones are on disk. */
  stop(): Promise<void>;
}

/** What {@link startServerProcess} runs, and where. */
export interface ServerProcessOptions {
  readonly place: ServerPlace;
  /** Where the server writes its log. */
  readonly logFile: string;
  /** Tried first; another one is taken when it is in use. */
  readonly port: number | undefined;
  /** By PostgreSQL's names. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Starts the server on a free port of 127.0.0.1 and waits until it takes connections.
 *
 * @throws {EmbeddedServerFailed} when it ends before that; the message carries the end of its log
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(attempt === 1 ? options.port : undefined);
    const from = await sizeOf(options.logFile);
    const server = await spawnServer(options, port);
    if (await isReady(join(options.place.home, 'data'), server)) return server;
    await server.stop();
    const output = (await readFrom(options.logFile, from)).trim();
    // Somebody took the port between our look and the server's.
    if (attempt < 5 && /could not bind|could not create any TCP/.test(output)) continue;
    throw new EmbeddedServerFailed(
      `PostgreSQL did not start in ${options.place.home}:\n${output.slice(-4000)}`,
    );
  }
}

async function spawnServer(options: ServerProcessOptions, port: number): Promise<ServerProcess> {
  const data = join(options.place.home, 'data');
  const settings = Object.entries({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    logging_collector: 'off',
    log_destination: 'stderr',
    timezone: 'UTC',
    ...options.settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [
    join(options.place.native, 'bin', 'postgres'),
    '-D',
    data,
    '-p',
    String(port),
    ...settings,
  ];
  // A file, not a pipe: nobody has to read it for the server to go on, and it outlives us.
  const log = await fs.open(options.logFile, 'a', 0o600);
  const child = spawn('/bin/sh', ['-c', watchdog, 'sh', ...command], {
    ...options.place.user,
    cwd: '/',
    // A session of its own: Ctrl-C at a terminal must reach the application alone, which then stops us last.
    detached: true,
    env: serverEnvironment,
    stdio: ['pipe', log.fd, log.fd],
  });
  const ended = once(child, 'exit').then(() => undefined);
  await log.close();
  // Neither the server nor the pipe to it keeps a program going that has nothing else to do.
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  child.stdin?.on('error', () => {});
  return { port, ended, stop: () => stopServer(child, data, ended) };
}

async function stopServer(child: ChildProcess, data: string, ended: Promise<void>): Promise<void> {
  child.ref();
  child.stdin?.end();
  const impatience = setTimeout(() => void endLeftovers(data).catch(() => {}), 10_000);
  try {
    await ended;
  } finally {
    clearTimeout(impatience);
  }
}

/**
 * The postmaster keeps its state in the eighth line of its pid file, which is what pg_ctl waits for as well. A replica
 * that can be read is in `standby`.
 */
async function isReady(data: string, server: ServerProcess): Promise<boolean> {
  for (;;) {
    const lines = (await fs.readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (/^(ready|standby)\s*$/.test(lines[7] ?? '')) return true;
    const goesOn = await Promise.race([sleep(15, true), server.ended.then(() => false)]);
    if (!goesOn) return false;
  }
}

async function freePort(wanted: number | undefined): Promise<number> {
  const server = createServer();
  try {
    server.listen(wanted ?? 0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string')
      throw new EmbeddedServerFailed('No free port was found.');
    return address.port;
  } catch (error) {
    if (wanted !== undefined) return await freePort(undefined);
    throw error;
  } finally {
    server.close();
  }
}

async function sizeOf(file: string): Promise<number> {
  return (await fs.stat(file).catch(() => undefined))?.size ?? 0;
}

async function readFrom(file: string, start: number): Promise<string> {
  return (await fs.readFile(file).catch(() => Buffer.alloc(0))).subarray(start).toString();
}
