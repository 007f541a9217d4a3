import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../embedded/error-code.js';
import type { ServerUser } from '../embedded/server-place.js';
import { withClient } from './test-server.js';

// What pg_basebackup leaves out as well: a server makes the contents of these directories, and these files, anew.
const madeAnew = new Set(
  'pg_wal pg_replslot pg_dynshmem pg_notify pg_serial pg_snapshots pg_stat_tmp pg_subtrans'.split(' '),
);
const ofTheRunning = new Set(['postmaster.pid', 'postmaster.opts', 'pg_internal.init']);

/** Where a base backup comes from and goes to. */
export interface BaseBackup {
  /** The address of a superuser of the server that is copied. It may be written to meanwhile. */
  readonly adminUrl: string;
  readonly from: string;
  readonly to: string;
  /** Who shall own the copy; undefined: whoever runs this. */
  readonly user: ServerUser | undefined;
}

/**
 * Copies the data directory of a running server, as `pg_basebackup` does, which the embedded PostgreSQL comes without.
 * To start from the copy a server needs the WAL since the copy began: let it stream that from the one it is a copy of.
 */
export async function takeBaseBackup({ adminUrl, from, to, user }: BaseBackup): Promise<void> {
  await withClient(adminUrl, async (client) => {
    // Begun and ended by one session; should this process die in between, the server knows and forgets the backup.
    await client.query(`select pg_backup_start('acci', true)`);
    await copyDirectory(from, to, user);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    await writeOwned(join(to, 'backup_label'), rows[0]?.labelfile ?? '', user);
  });
}

/** Writes a file of a server's data directory, or adds to it. */
export async function writeOwned(path: string, text: string, user: ServerUser | undefined): Promise<void> {
  await fs.appendFile(path, text, { mode: 0o600 });
  await giveTo(user, path);
}

async function copyDirectory(from: string, to: string, user: ServerUser | undefined): Promise<void> {
  await fs.mkdir(to, { mode: 0o700 });
  await giveTo(user, to);
  const entries = await fs.readdir(from, { withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      if (ofTheRunning.has(entry.name)) return;
      if (entry.isDirectory() && madeAnew.has(entry.name)) {
        await fs.mkdir(target, { mode: 0o700 });
        await giveTo(user, target);
      } else if (entry.isDirectory()) {
        await copyDirectory(source, target, user);
      } else {
        await copyFile(source, target, user);
      }
    }),
  );
}

async function copyFile(from: string, to: string, user: ServerUser | undefined): Promise<void> {
  try {
    await fs.copyFile(from, to);
    await giveTo(user, to);
  } catch (error) {
    // Removed since the directory was listed; the WAL says so too.
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

async function giveTo(user: ServerUser | undefined, path: string): Promise<void> {
  if (user) await fs.chown(path, user.uid, user.gid);
}
