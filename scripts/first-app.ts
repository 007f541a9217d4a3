import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { run } from './run.ts';

/**
 * Installs, compiles, tests and boots docs/first-app outside the repository, as somebody would who has never seen it.
 *
 * @param source docs/first-app
 * @param directory an empty folder
 * @param tarballs the packed libs by package name; all of them are installed
 */
export async function tryFirstApp(
  source: string,
  directory: string,
  tarballs: ReadonlyMap<string, string>,
): Promise<void> {
  await cp(source, directory, { recursive: true });
  const manifest = join(directory, 'package.json');
  const { dependencies, ...rest } = JSON.parse(await readFile(manifest, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const [name, tarball] of tarballs) dependencies[name] = `file:${tarball}`;
  await writeFile(manifest, JSON.stringify({ ...rest, dependencies }, null, 2));

  run('npm', ['install', '--no-audit', '--no-fund'], directory);
  console.log('first app: installed from the packages');
  run('npm', ['run', 'build'], directory);
  console.log('first app: compiled');
  console.log(summaryOf(run('npm', ['test'], directory)));
  await boot(directory);
  console.log('first app: booted, answered and stopped');
}

/** Node's test runner ends with lines such as `# pass 3`; a run without a single test is a failure. */
function summaryOf(output: string): string {
  const passed = /^(?:#|ℹ) pass (\d+)$/m.exec(output)?.[1];
  if (!passed || passed === '0') throw new Error(`first app: no test ran\n${output}`);
  return `first app: ${passed} tests passed`;
}

async function boot(directory: string): Promise<void> {
  const app = spawn(process.execPath, ['dist/main.js'], {
    cwd: directory,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(app, 'exit');
  try {
    const { port } = new URL(await addressOf(app.stdout));
    console.log(run('env', [`PORT=${port}`, 'sh', 'tour.sh'], directory));
  } finally {
    app.kill('SIGTERM');
  }
  const [code] = await ended;
  if (code) throw new Error(`first app: ended with ${code}`);
}

/** The first address that the app prints. */
async function addressOf(output: Readable): Promise<string> {
  const seen: string[] = [];
  for await (const line of createInterface({ input: output })) {
    const address = /http:\/\/\S+/.exec(line)?.[0];
    if (address) return address;
    seen.push(line);
  }
  throw new Error(`first app: did not start\n${seen.join('\n')}`);
}
