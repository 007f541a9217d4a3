import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedServerUnusable } from './embedded.errors.js';
import type { Native } from './native.js';
import { errorCode } from './error-code.js';

const run = promisify(execFile);
const serverUser = 'postgres';

/** Who the server runs as; `undefined`: as we do. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Where the server's programs and data lie, and who runs it. */
export interface ServerPlace {
  /** Holds `bin`, `lib` and `share`. */
  readonly native: string;
  /** Holds the data directory `data`. Usually the directory that was asked for. */
  readonly home: string;
  readonly user: ServerUser | undefined;
}

/**
 * Decides where and as whom the server of a directory runs. PostgreSQL refuses to run as root; started by root it
 * runs as the user `postgres`, who is made if need be. That user cannot look into a checkout under `/root` or any
 * other closed directory: then programs and data lie under `fallback`, and `log` tells.
 *
 * @throws {EmbeddedServerUnusable} when the directory cannot be written, or no user can be found or made
 */
export async function placeServer(
  directory: string,
  native: Native,
  log: (message: string) => void,
  fallback = '/var/lib/acci',
): Promise<ServerPlace> {
  const isRoot = process.geteuid?.() === 0;
  await makeDirectory(directory, isRoot);
  if (!isRoot) {
    await refuseForeignData(directory);
    return { native: native.directory, home: directory, user: undefined };
  }
  const user = (await ownerOf(join(directory, 'data'))) ?? (await findOrMakeUser());
  let { directory: programs } = native;
  if (!(await canReach(user, join(programs, 'bin', 'postgres')))) {
    programs = join(fallback, `postgresql-${native.version}`);
    await makeDirectory(fallback, isRoot);
    if (await copyPrograms(native.directory, programs))
      log(
        `The user ${serverUser} cannot reach ${native.directory}; its programs were copied to ${programs}.`,
      );
  }
  if (await canReach(user, directory)) return { native: programs, home: directory, user };
  const home = join(fallback, createHash('sha256').update(directory).digest('hex').slice(0, 16));
  await makeDirectory(fallback, isRoot);
  await makeDirectory(home, isRoot);
  log(`The user ${serverUser} cannot reach ${directory}; the data lies in ${home}.`);
  const owner = await ownerOf(join(home, 'data'));
  return { native: programs, home, user: owner ?? user };
}

async function makeDirectory(directory: string, isRoot: boolean): Promise<void> {
  try {
    const first = await fs.mkdir(directory, { recursive: true, mode: 0o755 });
    // Only the server's user has business in there, but it must get through to `data`, whatever our umask is.
    if (isRoot) await fs.chmod(directory, 0o711);
    if (isRoot && first !== undefined && first !== directory) await fs.chmod(first, 0o755);
    await fs.access(directory, fs.constants.W_OK | fs.constants.X_OK);
  } catch (error) {
    throw new EmbeddedServerUnusable(
      `The embedded PostgreSQL cannot write to ${directory} (${errorCode(error)}). ` +
        'Give it a directory that can be written, or set DATABASE_URL to a server of yours.',
      { cause: error },
    );
  }
}

async function ownerOf(path: string): Promise<ServerUser | undefined> {
  const stat = await fs.stat(path).catch(() => undefined);
  return stat === undefined || stat.uid === 0 ? undefined : { uid: stat.uid, gid: stat.gid };
}

async function refuseForeignData(directory: string): Promise<void> {
  const data = join(directory, 'data');
  const owner = await fs.stat(data).catch(() => undefined);
  if (owner === undefined || owner.uid === process.geteuid?.()) return;
  throw new EmbeddedServerUnusable(
    `${data} belongs to the user with id ${owner.uid}, as when root made it. ` +
      'Start as that user or as root, or remove the directory to begin anew.',
  );
}

async function findOrMakeUser(): Promise<ServerUser> {
  const found = await findUser();
  if (found !== undefined) return found;
  try {
    await run('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/bin/false',
      serverUser,
    ]);
  } catch (error) {
    throw new EmbeddedServerUnusable(
      `PostgreSQL refuses to run as root, there is no user ${serverUser}, and making one failed ` +
        `(${(error as Error).message.trim()}). Make that user, or start as a normal user, or set DATABASE_URL.`,
      { cause: error },
    );
  }
  const made = await findUser();
  if (made === undefined)
    throw new EmbeddedServerUnusable(`The user ${serverUser} was made but cannot be found.`);
  return made;
}

async function findUser(): Promise<ServerUser | undefined> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number.parseInt((await run('id', [flag, serverUser])).stdout, 10)),
    );
    return uid === undefined || gid === undefined ? undefined : { uid, gid };
  } catch {
    return undefined;
  }
}

/** Asks the operating system as that user, since modes alone do not tell (access lists, mount options). */
async function canReach(user: ServerUser, path: string): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', 'test -x "$0"', path], { ...user, cwd: '/' });
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false;
    throw new EmbeddedServerUnusable(
      'PostgreSQL refuses to run as root, and this container does not allow taking another user. ' +
        'Start as a normal user, or set DATABASE_URL.',
      { cause: error },
    );
  }
}

/** Returns whether there was anything left to copy. */
async function copyPrograms(from: string, to: string): Promise<boolean> {
  if ((await fs.stat(to).catch(() => undefined)) !== undefined) return false;
  // Copied aside and renamed: a copy that was interrupted must not be taken for a whole one.
  const aside = `${to}.${process.pid}`;
  await fs.cp(from, aside, { recursive: true, verbatimSymlinks: true });
  // Directories are made under our umask, which may be one that keeps others out.
  await fs.chmod(aside, 0o755);
  for (const entry of await fs.readdir(aside, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) await fs.chmod(join(entry.parentPath, entry.name), 0o755);
  }
  try {
    await fs.rename(aside, to);
  } catch (error) {
    await fs.rm(aside, { recursive: true, force: true });
    if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error))) throw error;
  }
  return true;
}
