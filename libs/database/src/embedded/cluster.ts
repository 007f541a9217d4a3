import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  EmbeddedServerFailed,
  EmbeddedServerUnusable,
  EmbeddedServerVersionMismatch,
} from './embedded.errors.js';
import type { ServerPlace } from './server-place.js';
import { errorCode } from './error-code.js';

const run = promisify(execFile);

/** What is kept beside the data directory in `server.json`, readable by us alone. */
export interface ServerState {
  readonly passwords: {
    readonly superuser: string;
    readonly owner: string;
    readonly app: string;
    readonly system: string;
  };
  /** The port of the last start, tried first at the next. */
  readonly port?: number;
}

/** The server's programs get an environment of their own: none of the application's secrets, no `PG…` variable. */
export const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Makes the data directory, unless there is one, and returns the state kept beside it. Call it under the lock.
 *
 * @throws {EmbeddedServerVersionMismatch} when another major version made the data
 * @throws {EmbeddedServerUnusable} when the data or its passwords are not all there
 * @throws {EmbeddedServerFailed} when initdb fails
 */
export async function openCluster(
  directory: string,
  place: ServerPlace,
  major: number,
  durable: boolean,
): Promise<ServerState> {
  const data = join(place.home, 'data');
  const state = await readState(directory);
  const exists = (await fs.stat(data).catch(() => undefined)) !== undefined;
  if (exists) {
    await checkVersion(data, major);
    if (state !== undefined) return state;
    throw new EmbeddedServerUnusable(
      `The passwords of the data in ${data} are lost: ${join(directory, 'server.json')} is missing. ` +
        'Put it back, or remove the data directory to begin anew.',
    );
  }
  // The passwords go first: should we die in between, the next start makes the data with the same ones.
  const fresh = state ?? { passwords: newPasswords() };
  await writeState(directory, fresh);
  await initialise(place, fresh.passwords.superuser, durable);
  return fresh;
}

/** Reads the state beside the data directory; `undefined` when there is none. */
export async function readState(directory: string): Promise<ServerState | undefined> {
  try {
    return JSON.parse(await fs.readFile(join(directory, 'server.json'), 'utf8')) as ServerState;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new EmbeddedServerUnusable(
      `${join(directory, 'server.json')} cannot be read: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

/** Replaces the state in one step, so that no reader and no crash ever sees half of it. */
export async function writeState(directory: string, state: ServerState): Promise<void> {
  const aside = join(directory, `server.json.${process.pid}`);
  await fs.writeFile(aside, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600, flush: true });
  await fs.rename(aside, join(directory, 'server.json'));
}

function newPasswords(): ServerState['passwords'] {
  return { superuser: newPassword(), owner: newPassword(), app: newPassword(), system: newPassword() };
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

async function checkVersion(data: string, major: number): Promise<void> {
  const found = (await fs.readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  if (found === String(major)) return;
  if (found === '')
    throw new EmbeddedServerUnusable(`${data} is not a PostgreSQL data directory: no PG_VERSION.`);
  throw new EmbeddedServerVersionMismatch(
    `${data} was made by PostgreSQL ${found}, and this is PostgreSQL ${major}, which cannot read it. ` +
      `Carry the data over with pg_dump of version ${found}, or move the directory away to begin anew.`,
  );
}

async function initialise(place: ServerPlace, password: string, durable: boolean): Promise<void> {
  const aside = join(place.home, 'data.new');
  const passwordFile = join(place.home, 'password.new');
  try {
    // Left by an initialisation that was killed. Nobody else works here: we hold the directory's lock.
    await Promise.all([aside, passwordFile].map((path) => fs.rm(path, { recursive: true, force: true })));
    await fs.mkdir(aside, { mode: 0o700 });
    await fs.writeFile(passwordFile, password, { mode: 0o600 });
    if (place.user !== undefined) {
      await fs.chown(aside, place.user.uid, place.user.gid);
      await fs.chown(passwordFile, place.user.uid, place.user.gid);
    }
    const options = [
      `--pgdata=${aside}`,
      `--pwfile=${passwordFile}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      // PostgreSQL's own collation, so that order does not depend on the machine's C library.
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ];
    await run(join(place.native, 'bin', 'initdb'), options, {
      ...place.user,
      cwd: '/',
      env: serverEnvironment,
    });
    await fs.rename(aside, join(place.home, 'data'));
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new EmbeddedServerFailed(`initdb failed in ${place.home}: ${stderr.trim() || message}`, {
      cause: error,
    });
  } finally {
    await fs.rm(passwordFile, { force: true });
  }
}
