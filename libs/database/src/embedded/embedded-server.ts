import { promises as fs } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { ensureRoles, prepareDatabase } from '../roles.js';
import { openCluster, readState, type ServerState, writeState } from './cluster.js';
import { type DirectoryLock, lockDirectory } from './directory-lock.js';
import { EmbeddedServerInUse } from './embedded.errors.js';
import { endLeftovers } from './leftovers.js';
import { findNative } from './native.js';
import { placeServer } from './server-place.js';
import { type ServerProcess, type ServerProcessOptions, startServerProcess } from './server-process.js';

/** Addresses, with passwords, of the application's database on an embedded server. */
export interface EmbeddedServerUrls {
  /** The superuser's. */
  readonly admin: string;
  readonly owner: string;
  readonly app: string;
  readonly system: string;
}

/** How {@link EmbeddedServer.start} runs a server. */
export interface EmbeddedServerOptions {
  /** Holds data, passwords and log; made when it is missing. The app uses `.acci/postgres`. */
  readonly directory: string;
  /** Takes what a person should know, a sentence at a time. Default: nobody. */
  readonly log?: (message: string) => void;
  /** `false` gives up safety against a crash of the machine for speed: for tests only. Default: `true`. */
  readonly durable?: boolean;
  /** Further settings of the server, by PostgreSQL's names for them. */
  readonly settings?: Readonly<Record<string, string>>;
}

const database = 'acci';
const largestLog = 10_000_000;
// Commits are still handed to the operating system one by one: they survive a kill -9 of the server, as tests want
// to see, if not a crash of the machine.
const notDurable = { fsync: 'off', full_page_writes: 'off' };
// A server that died is started again, but not one that dies over and over.
const restarts = 5;

/**
 * A PostgreSQL of our own in a directory, for development, tests and small installations. It listens on 127.0.0.1
 * only, keeps its data between runs, and never outlives the process that started it.
 *
 * @example
 * const server = await EmbeddedServer.start({ directory: '.acci/postgres', log: console.log });
 * const database = await Database.connect({ urls: server.urls });
 * // … and when the application has finished what was in flight:
 * await database.close();
 * await server.stop();
 */
export class EmbeddedServer {
  /** The addresses of the database `acci` for each role. */
  readonly urls: EmbeddedServerUrls;
  /** On 127.0.0.1; the same at the next start, if it is free then. */
  readonly port: number;

  private server: ServerProcess;
  private readonly options: ServerProcessOptions;
  private readonly lock: DirectoryLock;
  private readonly log: (message: string) => void;
  private readonly watching: Promise<void>;
  private stopping: Promise<void> | undefined;

  private constructor(
    server: ServerProcess,
    options: ServerProcessOptions,
    lock: DirectoryLock,
    urls: EmbeddedServerUrls,
    log: (message: string) => void,
  ) {
    this.server = server;
    this.options = { ...options, port: server.port };
    this.lock = lock;
    this.urls = urls;
    this.port = server.port;
    this.log = log;
    this.watching = this.watch();
  }

  /**
   * Starts the server of a directory, making it first if need be, and recovers whatever state a crash left.
   *
   * @throws {EmbeddedServerInUse} when another process runs this directory's server
   * @throws {EmbeddedServerVersionMismatch} when the data is of another major version
   * @throws {EmbeddedServerUnusable} when directory, user or platform do not allow a server
   * @throws {EmbeddedServerFailed} when PostgreSQL itself fails
   */
  static async start(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
    const { log = () => {}, durable = true, settings = {} } = options;
    const directory = resolve(options.directory);
    const native = await findNative();
    const place = await placeServer(directory, native, log);
    const lock = await lockSoon(directory);
    let server: ServerProcess | undefined;
    try {
      const state = await openCluster(directory, place, native.major, durable);
      await endLeftovers(join(place.home, 'data'), log);
      const process: ServerProcessOptions = {
        place,
        logFile: await prepareLog(directory),
        port: state.port,
        settings: { ...(durable ? {} : notDurable), ...settings },
      };
      server = await startServerProcess(process);
      await writeState(directory, { ...state, port: server.port });
      const urls = urlsOf(state, server.port);
      await prepare(urls.admin, state);
      return new EmbeddedServer(server, process, lock, urls, log);
    } catch (error) {
      await server?.stop();
      await lock.release();
      throw error;
    }
  }

  /**
   * Addresses of the server that a process, this or another, runs in a directory; `undefined` when none answers.
   *
   * @throws {EmbeddedServerUnusable} when the passwords in the directory cannot be read
   */
  static async find(directory: string): Promise<EmbeddedServerUrls | undefined> {
    const state = await readState(resolve(directory));
    if (state?.port === undefined) return undefined;
    const urls = urlsOf(state, state.port);
    // Whoever accepts the password is our server, not some other one that has the port by now.
    const client = new Client({ connectionString: urls.admin, connectionTimeoutMillis: 2_000 });
    try {
      await client.connect();
      return urls;
    } catch {
      return undefined;
    } finally {
      await client.end();
    }
  }

  /** Shuts the server down and frees the directory. Close your connections first; open transactions roll back. */
  async stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    await this.stopping;
  }

  private async shutDown(): Promise<void> {
    await this.server.stop();
    await this.watching;
    await this.lock.release();
  }

  /** Brings the server back on its port when it dies under a running application, say by the kernel's OOM killer. */
  private async watch(): Promise<void> {
    for (let left = restarts; ; left -= 1) {
      await this.server.ended;
      if (this.stopping) return;
      if (left === 0) return this.log(`PostgreSQL ended again and is given up; see ${this.options.logFile}.`);
      this.log(`PostgreSQL ended unexpectedly and is started again; see ${this.options.logFile}.`);
      try {
        await endLeftovers(join(this.options.place.home, 'data'), this.log);
        this.server = await startServerProcess(this.options);
      } catch (error) {
        return this.log(`PostgreSQL could not be started again: ${String(error)}`);
      }
      // Stopped meanwhile, when there was no server yet.
      if (this.stopping) return await this.server.stop();
    }
  }
}

function urlsOf({ passwords }: ServerState, port: number): EmbeddedServerUrls {
  const url = (role: string, password: string): string =>
    `postgres://${role}:${password}@127.0.0.1:${port}/${database}`;
  return {
    admin: url('postgres', passwords.superuser),
    owner: url('acci_owner', passwords.owner),
    app: url('acci_app', passwords.app),
    system: url('acci_system', passwords.system),
  };
}

/** Makes the application's database and roles; a start after a crash finds any part of it done. */
async function prepare(adminUrl: string, { passwords }: ServerState): Promise<void> {
  const client = new Client({ connectionString: adminUrl.replace(/[^/]*$/, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (!rowCount) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
  await ensureRoles(adminUrl, passwords);
  await prepareDatabase(adminUrl);
}

/** A holder that was just killed may take a moment to be gone. */
async function lockSoon(directory: string): Promise<DirectoryLock> {
  for (let attempt = 1; attempt <= 20; attempt += 1) {
    const lock = await lockDirectory(directory);
    if (lock) return lock;
    await sleep(50);
  }
  throw new EmbeddedServerInUse(`Another process runs the PostgreSQL of ${directory}. Stop that one first.`);
}

/** The server appends to its log; before a start, one that grew large makes room and is kept once. */
async function prepareLog(directory: string): Promise<string> {
  const file = join(directory, 'postgres.log');
  const size = (await fs.stat(file).catch(() => undefined))?.size ?? 0;
  if (size > largestLog) await fs.rename(file, `${file}.1`);
  return file;
}
