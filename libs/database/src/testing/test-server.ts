import { createHmac } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { basename, join } from 'node:path';
import { Client } from 'pg';
import { lockDirectory } from '../embedded/directory-lock.js';
import { EmbeddedServer } from '../embedded/embedded-server.js';
import { ensureRoles, type RolePasswords } from '../roles.js';
import { uuidv7 } from '../uuid.js';
import { testDirectories, testDirectory, testSettings } from './test-directory.js';

/** A server for the databases of one test run. */
export interface TestServer {
  /** The address of a superuser, or of a login that may create databases and roles. */
  readonly adminUrl: string;
  /** Part of the names of the run's databases; it begins with the time, as a UUIDv7 does. */
  readonly run: string;
  /** Drops the run's databases, and ends the server if it was started for the run. */
  stop(): Promise<void>;
}

const day = 86_400_000;

/**
 * Starts a server for one test run and tells the worker processes to come about it, by the environment variables
 * `ACCI_TEST_ADMIN_URLS` and `ACCI_TEST_RUN`. It is an embedded one, unless an address is given. Without it each test
 * file starts a server of its own, which takes about a second.
 *
 * A transaction left open anywhere in a cluster holds back whoever reads the event log, in every database of it. Test
 * files that run at the same time should therefore not share one: ask for as many servers as there are workers.
 *
 * @param adminUrl address of a server that may be used for tests, as a login that may create databases and roles
 * @param workers how many worker processes the test runner has; each gets an embedded server
 * @example
 * // jest.config: globalSetup
 * import { startTestServer } from '@acci/database/testing';
 * export default async ({ maxWorkers }) => {
 *   const server = await startTestServer(process.env['DATABASE_URL'], maxWorkers);
 *   globalThis.stopTestServer = () => server.stop();
 * };
 */
export async function startTestServer(adminUrl?: string, workers = 1): Promise<TestServer> {
  const others = adminUrl === undefined ? workers - 1 : 0;
  const [first, ...rest] = await Promise.all([
    openTestServer(adminUrl),
    ...Array.from({ length: others }, () => openTestServer()),
  ]);
  const servers = [first, ...rest];
  process.env['ACCI_TEST_ADMIN_URLS'] = servers.map((server) => server.adminUrl).join(' ');
  process.env['ACCI_TEST_RUN'] = first.run;
  return { ...first, stop: async () => void (await Promise.all(servers.map((server) => server.stop()))) };
}

/** The server that {@link startTestServer} announced to this process, if any. */
export function announcedTestServer(): TestServer | undefined {
  // The environment is the only thing that a test runner hands down to its worker processes, and where it numbers them.
  const { ACCI_TEST_ADMIN_URLS: urls, ACCI_TEST_RUN: run, JEST_WORKER_ID, VITEST_POOL_ID } = process.env;
  if (!urls || !run) return undefined;
  const all = urls.split(' ');
  const worker = Number(JEST_WORKER_ID ?? VITEST_POOL_ID ?? 1);
  return { adminUrl: all[worker % all.length] ?? '', run, stop: async () => {} };
}

/** Opens a test server without telling anybody. */
export async function openTestServer(adminUrl?: string): Promise<TestServer> {
  const run = uuidv7().replaceAll('-', '');
  return adminUrl === undefined ? startEmbedded(run) : useForeign(adminUrl, run);
}

/** The roles' passwords on a test server, derived from the administrator's so that every worker knows them. */
export function testPasswords(adminUrl: string): RolePasswords {
  const password = (role: string): string =>
    createHmac('sha256', `acci test ${new URL(adminUrl).password}`)
      .update(role)
      .digest('base64url');
  return { owner: password('owner'), app: password('app'), system: password('system') };
}

/** Connects, works and disconnects. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function startEmbedded(run: string): Promise<TestServer> {
  await removeAbandoned();
  const directory = join(await testDirectory(), `acci-test-${run}`);
  const server = await EmbeddedServer.start({ directory, durable: false, settings: testSettings });
  const adminUrl = server.urls.admin;
  await ensureRoles(adminUrl, testPasswords(adminUrl));
  return {
    adminUrl,
    run,
    stop: async () => {
      await server.stop();
      await fs.rm(directory, { recursive: true, force: true });
    },
  };
}

/** Removes the directories of runs that were killed: nobody holds their locks. */
async function removeAbandoned(): Promise<void> {
  const lists = testDirectories().map(async (parent) =>
    (await fs.readdir(parent).catch(() => [])).map((name) => join(parent, name)),
  );
  for (const directory of (await Promise.all(lists)).flat()) {
    const run = /^acci-test-([0-9a-f]{32})$/.exec(basename(directory))?.[1];
    // A run that is just starting has made its directory but may not have locked it yet.
    if (run === undefined || Date.now() - startOf(run) < 60_000) continue;
    const lock = await lockDirectory(directory).catch(() => undefined);
    // Another user's cannot be removed; it is theirs to do.
    if (lock) await fs.rm(directory, { recursive: true, force: true }).catch(() => {});
    await lock?.release();
  }
}

/**
 * Uses a server that other runs may share, and that may serve an application: then the roles have passwords that are
 * none of ours, and a test must not change them.
 */
async function useForeign(adminUrl: string, run: string): Promise<TestServer> {
  const passwords = testPasswords(adminUrl);
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query(
      `select from pg_roles where rolname = 'acci_app' and rolcanlogin`,
    );
    if (!rowCount) return;
    const url = Object.assign(new URL(adminUrl), { username: 'acci_app', password: passwords.app });
    await withClient(url.href, async () => {}).catch((error: unknown) => {
      throw new Error(`${url.host} already serves an application; give the tests a server of their own`, {
        cause: error,
      });
    });
  });
  await ensureRoles(adminUrl, passwords);
  return { adminUrl, run, stop: () => dropDatabases(adminUrl, run) };
}

/** Drops the databases of this run, and those of runs that were killed more than a day ago. */
async function dropDatabases(adminUrl: string, run: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      String.raw`select datname from pg_database where datname ~ '^acci_(test|template)_[0-9a-f]{32}_'`,
    );
    for (const { datname } of rows) {
      const other = datname.split('_')[2] ?? '';
      if (other !== run && Date.now() - startOf(other) < day) continue;
      await client.query(`drop database if exists ${datname} with (force)`);
    }
  });
}

/** When a run began, in milliseconds since 1970, from the first 48 bits of its UUIDv7. */
function startOf(run: string): number {
  return Number.parseInt(run.slice(0, 12), 16);
}
