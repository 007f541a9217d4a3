import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { tryFirstApp } from './first-app.ts';
import { run } from './run.ts';

/**
 * `npm run pack:check`: packs every lib as it would be published, checks the packages, and has docs/first-app
 * installed from them, compiled, tested and booted in a folder that knows nothing of this repository.
 */
interface Packed {
  name: string;
  filename: string;
  files: { path: string }[];
}

const testFile = /\.(spec|int-spec|e2e-spec)\.|\/(fixtures|spec-support)\/|\.tsbuildinfo$/;
const root = fileURLToPath(new URL('..', import.meta.url));
const workplace = await mkdtemp(join(tmpdir(), 'acci-pack-'));

try {
  // From nothing: the compiler leaves behind what it made of files that are gone, and a package would carry it.
  for (const lib of readdirSync(join(root, 'libs')))
    await rm(join(root, 'libs', lib, 'dist'), { recursive: true, force: true });
  run('npm', ['run', 'build'], root);
  const packages = pack(workplace);
  const problems = (await Promise.all(packages.map(check))).flat();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) throw new Error(`${problems.length} problems with the packages`);
  console.log(`${packages.length} packages are in order: ${packages.map(({ name }) => name).join(', ')}`);
  const tarballs = new Map(packages.map(({ name, filename }) => [name, join(workplace, filename)]));
  await tryFirstApp(join(root, 'docs/first-app'), join(workplace, 'app'), tarballs);
} finally {
  await rm(workplace, { recursive: true, force: true });
}

function pack(destination: string): Packed[] {
  const libs = readdirSync(join(root, 'libs')).map((lib) => `--workspace=libs/${lib}`);
  return JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', destination, ...libs], root),
  ) as Packed[];
}

/** What is wrong with a package. */
async function check({ name, filename, files }: Packed): Promise<string[]> {
  const tarball = join(workplace, filename);
  const paths = new Set(files.map(({ path }) => path));
  const missing = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts'];
  const content = new Uint8Array(await readFile(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: content.buffer }, strict: true });
  const attw = spawnSync('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color'], {
    encoding: 'utf8',
  });
  return [
    ...missing.filter((path) => !paths.has(path)).map((path) => `has no ${path}`),
    ...[...paths].filter((path) => testFile.test(path)).map((path) => `should not have ${path}`),
    ...messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code),
    ...(attw.status === 0 ? [] : [`attw:\n${attw.stdout}${attw.stderr}`]),
  ].map((problem) => `${name}: ${problem}`);
}
