import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { constants, promises as fs } from 'node:fs';
import { createServer } from 'node:net';
import { errorCode } from './error-code.js';

/** macOS's O_EXLOCK, which Node does not name: opening the file takes an exclusive lock on it. */
const O_EXLOCK = 0x20;

/** Held for as long as a directory is in use; the kernel lets go of it when the process dies, however it dies. */
export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a directory, or returns `undefined` when somebody, this process included, holds it.
 *
 * A file with a process id in it would have to be judged stale after a kill -9, and two starters can judge it at
 * the same moment. A kernel object needs no judgement: on Linux a socket in the abstract namespace, named after the
 * directory's device and inode; elsewhere a locked file. Processes in different network namespaces (containers that
 * share a volume) do not see each other's lock: give each its own directory.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock | undefined> {
  return process.platform === 'linux' ? bindAbstractSocket(directory) : openExclusively(directory);
}

async function bindAbstractSocket(directory: string): Promise<DirectoryLock | undefined> {
  const { dev, ino } = await fs.stat(directory);
  const name = createHash('sha256').update(`acci embedded server ${dev}:${ino}`).digest('hex').slice(0, 32);
  const server = createServer((connection) => connection.destroy());
  try {
    server.listen({ path: `\0acci-${name}` });
    await once(server, 'listening');
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

async function openExclusively(directory: string): Promise<DirectoryLock | undefined> {
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK;
    const file = await fs.open(`${directory}/lock`, flags, 0o600);
    return { release: () => file.close() };
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}
