import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';

// Linux keeps what is written there in memory. Containers often have 64 MB of it, too little for a server.
const memory = '/dev/shm';
const enough = 4 * 2 ** 30;

/**
 * The directory in which test servers make theirs: in memory where the machine has 4 GiB to spare, and else that for
 * temporary files. A database is some thousand files; to make and to drop one on a disk takes several times as long,
 * and ever longer when others write to it as well.
 *
 * @example
 * const directory = await mkdtemp(join(await testDirectory(), 'shop-'));
 * const server = await EmbeddedServer.start({ directory, durable: false });
 */
export async function testDirectory(): Promise<string> {
  if (process.availableMemory() < enough) return tmpdir();
  try {
    const { bavail, bsize } = await fs.statfs(memory);
    await fs.access(memory, fs.constants.W_OK | fs.constants.X_OK);
    return bavail * bsize < enough ? tmpdir() : memory;
  } catch {
    return tmpdir();
  }
}

/** Every directory in which a test server may have made its own. */
export function testDirectories(): string[] {
  return [tmpdir(), memory];
}

/**
 * What the servers of tests are told beyond `durable: false`. They live for a run and hold nothing of worth; commits
 * still survive a kill -9 of the server, as tests want to see.
 */
export const testSettings = {
  max_connections: '300',
  // It would analyse tables that are gone a moment later, and hold back whoever reads the log meanwhile.
  autovacuum: 'off',
  // A run connects thousands of times, with passwords that nobody could guess anyway.
  scram_iterations: '1',
  wal_init_zero: 'off',
  max_wal_size: '256MB',
};
