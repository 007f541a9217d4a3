import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob } from 'node:path';
import { startApps } from './docker-start.ts';
import { parseDockerfile, type Stage } from './dockerfile.ts';
import { run } from './run.ts';

/**
 * Does what `docker build` would do with docker/Dockerfile, outside a container: copies what .dockerignore lets
 * through and runs each stage's commands in a folder of its own that stands for the stage's root directory. Then
 * starts each app from the last stage as the container would: not as root, its code out of its reach.
 *
 * What it doesn't show: the base images, and the read-only file system.
 *
 * @throws {Error} with what went wrong.
 */
export async function rehearse(root: string): Promise<void> {
  const workplace = await mkdtemp(join(tmpdir(), 'acci-docker-'));
  try {
    // As anybody's, the last stage's files must be within reach.
    await chmod(workplace, 0o755);
    const context = join(workplace, 'context');
    await copyContext(root, context);
    const built = new Map<string, string>();
    const stages = parseDockerfile(await readFile(join(root, 'docker/Dockerfile'), 'utf8'));
    let directory = workplace;
    for (const [place, stage] of stages.entries()) {
      directory = join(workplace, `stage-${place}`);
      await mkdir(directory);
      if (stage.name) built.set(stage.name, directory);
      await buildStage(stage, directory, context, built);
    }
    await startApps(stages.at(-1)?.instructions ?? [], directory, join(workplace, 'postgres'));
  } finally {
    await rm(workplace, { recursive: true, force: true });
  }
}

async function buildStage(
  stage: Stage,
  directory: string,
  context: string,
  built: ReadonlyMap<string, string>,
): Promise<void> {
  let workdir = directory;
  const absolute = new Set<string>();
  for (const { keyword, argument } of stage.instructions) {
    if (keyword === 'WORKDIR') {
      workdir = join(directory, argument);
      absolute.add(argument);
      await mkdir(workdir, { recursive: true });
    }
    if (keyword === 'COPY') {
      const [, stageName, source = '', target = ''] =
        /^(?:--from=(\S+)\s+)?(\S+)\s+(\S+)$/.exec(argument) ?? [];
      const from = join(stageName ? (built.get(stageName) ?? '') : context, source);
      if (target.startsWith('/')) absolute.add(target);
      const to = target.startsWith('/') ? join(directory, target) : join(workdir, target);
      await cp(from, to, { recursive: true, verbatimSymlinks: true });
    }
    if (keyword === 'RUN') {
      const command = [...absolute].reduce(
        (text, path) => text.replaceAll(` ${path}`, ` ${directory}${path}`),
        argument,
      );
      run('sh', ['-c', command], workdir);
    }
  }
}

/** Copies the files that git knows or would know, as far as .dockerignore lets them into the build's context. */
async function copyContext(root: string, context: string): Promise<void> {
  const patterns = (await readFile(join(root, '.dockerignore'), 'utf8'))
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
  });
  const files = listed.stdout.split('\0').filter((file) => file && !isIgnored(file, patterns));
  for (const file of files) {
    await mkdir(dirname(join(context, file)), { recursive: true });
    await cp(join(root, file), join(context, file), { force: true });
  }
}

/** The last pattern that matches a path, or a folder above it, decides. */
function isIgnored(file: string, patterns: readonly string[]): boolean {
  const paths = file.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  const last = patterns.findLast((pattern) =>
    paths.some((path) => matchesGlob(path, pattern.replace(/^!/, ''))),
  );
  return last !== undefined && !last.startsWith('!');
}
