import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { platform } from 'node:os';
import { dirname } from 'node:path';
import { newKey } from './ciphers.js';
import { MasterKeys } from './master-keys.js';
import { MasterKeyUnusable } from './personal-data.errors.js';

/**
 * Master keys in a file that only its owner can read: one a line, as base64, the current one first. Whoever has
 * both the file and the database can read everything; whoever loses the file has lost all personal data. So it is
 * backed up, and apart from the database.
 */
export class LocalKeyFile extends MasterKeys {
  /**
   * Reads the file; makes it, with one random key and mode 0600, if there is none. Any number of processes may do
   * so at once and get the same key.
   *
   * @throws {MasterKeyUnusable} if others may read the file, or it holds something else.
   * @example
   * EventStoreModule.forRootAsync({
   *   useFactory: async () => ({ keyProvider: await LocalKeyFile.open('.acci/master-key') }),
   * })
   */
  static async open(path: string): Promise<LocalKeyFile> {
    const lines = (await read(path)) ?? (await create(path).then(() => read(path))) ?? [];
    return new LocalKeyFile(lines);
  }

  /**
   * Puts a new key before those that a file holds; what is made anew from then on is wrapped by it. Then
   * `PersonalData.rotateMasterKey` wraps again what older keys wrapped, after which their lines can go.
   *
   * @example
   * await LocalKeyFile.addKey('.acci/master-key');
   */
  static async addKey(path: string): Promise<void> {
    const lines = (await read(path)) ?? [];
    const next = await writeAside(path, [newKey().toString('base64'), ...lines]);
    await fs.rename(next, path);
    await syncDirectory(path);
  }
}

async function read(path: string): Promise<string[] | undefined> {
  const file = await fs.open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new MasterKeyUnusable(`The master key file ${path} cannot be opened (${error.code})`);
  });
  if (!file) return undefined;
  try {
    // Of the open file, not of the path: nobody can put another one in between.
    const stat = await file.stat();
    if (!stat.isFile()) throw new MasterKeyUnusable(`The master key file ${path} is no file`);
    const { mode } = stat;
    if (platform() !== 'win32' && (mode & 0o077) !== 0)
      throw new MasterKeyUnusable(
        `The master key file ${path} can be read or changed by others than its owner: chmod 600 it`,
      );
    const lines = (await file.readFile('utf8')).split('\n').filter((line) => line.trim() !== '');
    if (lines.length === 0) throw new MasterKeyUnusable(`The master key file ${path} is empty`);
    return lines;
  } finally {
    await file.close();
  }
}

/** Whole or not at all, and never over another process's. */
async function create(path: string): Promise<void> {
  await fs.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const made = await writeAside(path, [newKey().toString('base64')]);
  await fs.link(made, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await fs.unlink(made);
  await syncDirectory(path);
}

async function writeAside(path: string, lines: readonly string[]): Promise<string> {
  const aside = `${path}.${randomUUID()}`;
  const file = await fs.open(aside, 'wx', 0o600);
  try {
    await file.writeFile(`${lines.join('\n')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return aside;
}

/** So that the name outlasts a crash of the machine, too. Windows has no such thing. */
async function syncDirectory(path: string): Promise<void> {
  if (platform() === 'win32') return;
  const directory = await fs.open(dirname(path), 'r');
  await directory.sync();
  await directory.close();
}
