import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { promises as fs } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedServer, type EmbeddedServerUrls } from '../embedded/embedded-server.js';
import { findServers } from '../embedded/leftovers.js';
import { findNative } from '../embedded/native.js';
import { placeServer } from '../embedded/server-place.js';
import { startServerProcess, type ServerProcess } from '../embedded/server-process.js';
import { takeBaseBackup, writeOwned } from './base-backup.js';
import { testDirectory, testSettings } from './test-directory.js';
import { withClient } from './test-server.js';

/**
 * Two servers, to test what a failover does: a primary, and a replica that follows it by streaming replication and can
 * be read. Replication is asynchronous unless a test makes it synchronous: `alter system set synchronous_standby_names`.
 *
 * @example
 * const servers = await ReplicatedServer.start();
 * const database = await Database.connect({ urls: servers.urls });
 * // …
 * await servers.killPrimary();
 * await servers.promoteReplica();
 * await database.queryAsSystem('go on', 'select 1'); // on the replica of before
 * await database.close();
 * await servers.stop();
 */
export class ReplicatedServer {
  private constructor(
    private readonly directory: string,
    private readonly primary: EmbeddedServer,
    private readonly primaryData: string,
    private readonly follower: ServerProcess,
    private readonly way: Way,
    /** Addresses that lead to the primary, and after {@link promoteReplica} to the replica: what an application is given. */
    readonly urls: EmbeddedServerUrls,
    /** Addresses of the replica, which can only be read until it is promoted. */
    readonly replica: EmbeddedServerUrls,
  ) {}

  /** Starts both. It takes a second or two, most of it for making the primary and copying it. */
  static async start(): Promise<ReplicatedServer> {
    const directory = join(await testDirectory(), `acci-replicated-${randomUUID()}`);
    const native = await findNative();
    const [first, second] = [join(directory, 'primary'), join(directory, 'replica')];
    const primary = await EmbeddedServer.start({
      directory: first,
      durable: false,
      settings: { ...testSettings, wal_keep_size: '1GB' },
    });
    let follower: ServerProcess | undefined;
    try {
      const primaryData = join((await placeServer(first, native, () => {})).home, 'data');
      const place = await placeServer(second, native, () => {});
      const data = join(place.home, 'data');
      const { user } = place;
      await takeBaseBackup({ adminUrl: primary.urls.admin, from: primaryData, to: data, user });
      await writeOwned(join(data, 'standby.signal'), '', user);
      const { username, password } = new URL(primary.urls.admin);
      const settings = {
        ...testSettings,
        primary_conninfo: `host=127.0.0.1 port=${primary.port} user=${username} password=${password}`,
        fsync: 'off',
        full_page_writes: 'off',
      };
      const logFile = join(second, 'postgres.log');
      follower = await startServerProcess({ place, logFile, port: undefined, settings });
      const way = await Way.to(primary.port);
      const urls = moved(primary.urls, way.port);
      const replica = moved(primary.urls, follower.port);
      return new ReplicatedServer(directory, primary, primaryData, follower, way, urls, replica);
    } catch (error) {
      await follower?.stop();
      await primary.stop();
      throw error;
    }
  }

  /** Resolves once the replica has all that the primary has committed so far. */
  async caughtUp(): Promise<void> {
    const [written] = await ask(this.primary.urls, 'select pg_current_wal_flush_lsn() as lsn');
    const reached = 'select pg_last_wal_replay_lsn() >= $1::pg_lsn as yes';
    while (!(await ask(this.replica, reached, [written?.['lsn']]))[0]?.['yes']) await sleep(10);
  }

  /** From now on nothing that the primary writes reaches the replica. Nobody notices: the primary only falls silent. */
  async cutReplication(): Promise<void> {
    const senders = await ask(this.primary.urls, 'select pid from pg_stat_replication');
    for (const { pid } of senders) process.kill(Number(pid), 'SIGSTOP');
  }

  /** Kills every process of the primary at once (`kill -9`). It stays dead. */
  async killPrimary(): Promise<void> {
    const data = this.primaryData;
    const postmaster = Number.parseInt(await fs.readFile(join(data, 'postmaster.pid'), 'utf8'), 10);
    // Stopped first, so that it starts no further process while the others are listed, and none learns of its end.
    process.kill(postmaster, 'SIGSTOP');
    for (const pid of await findServers(data)) process.kill(pid, 'SIGKILL');
    // In the same turn, or it would be brought back.
    await this.primary.stop();
  }

  /** Makes a primary of the replica, which begins a new timeline, and leads {@link urls} there. */
  async promoteReplica(): Promise<void> {
    await ask(this.replica, 'select pg_promote()');
    this.way.leadTo(Number(new URL(this.replica.admin).port));
  }

  /** Stops what runs, and removes all of it. Close your connections first. */
  async stop(): Promise<void> {
    this.way.close();
    await Promise.all([this.primary.stop(), this.follower.stop()]);
    await fs.rm(this.directory, { recursive: true, force: true });
  }
}

/** An address that leads to one server and later to another, as that of a load balancer does. */
class Way {
  private constructor(
    private readonly server: Server,
    private target: { port: number },
  ) {}

  static async to(port: number): Promise<Way> {
    const target = { port };
    const server = createServer((near) => {
      const far = connect(target.port, '127.0.0.1');
      for (const socket of [near, far]) {
        socket.on('error', () => {});
        socket.on('close', () => [near, far].forEach((end) => end.destroy()));
      }
      near.pipe(far).pipe(near);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.unref();
    return new Way(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  leadTo(port: number): void {
    this.target.port = port;
  }

  close(): void {
    this.server.close();
  }
}

function moved(urls: EmbeddedServerUrls, port: number): EmbeddedServerUrls {
  const at = (url: string): string => Object.assign(new URL(url), { port: String(port) }).href;
  return { admin: at(urls.admin), owner: at(urls.owner), app: at(urls.app), system: at(urls.system) };
}

/** As the superuser. */
function ask(
  urls: EmbeddedServerUrls,
  sql: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  return withClient(urls.admin, async (client) => (await client.query(sql, values)).rows);
}
