import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** The repository's root. */
export const root = resolve(import.meta.dirname, '../..');

/** A program of a few lines in a process of its own, which a test may kill. */
export interface Script {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Waits until the program has printed a text; rejects when it ends without. */
  printed(text: string): Promise<void>;
  /** Everything it has printed so far. */
  output(): string;
  /** Waits for the end; resolves to the exit code, or to `null` after a signal. */
  ended(): Promise<number | null>;
  /** Ends it as `kill -9` does and waits until it is gone. */
  kill(): Promise<void>;
}

/** Runs an ES module that may import our libraries by name or by path, from sources. */
export function runScript(
  code: string,
  options: { uid?: number; gid?: number; env?: NodeJS.ProcessEnv } = {},
): Script {
  const sources = ['--conditions=@acci/source', '--import', `${root}/test/setup/sources.ts`];
  const child = spawn(process.execPath, [...sources, '--input-type=module', '-e', code], {
    ...options,
    cwd: root,
    // A process group of its own, as a shell at a terminal gives to each job.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const closed = once(child, 'close');
  // A program that could not be started is for whoever waits for it.
  closed.catch(() => {});
  const ended = async (): Promise<number | null> => {
    await closed;
    return child.exitCode;
  };
  return {
    process: child,
    pid: child.pid ?? 0,
    printed: async (text) => {
      while (!output.includes(text)) {
        const more = once(child.stdout, 'data').then(() => true);
        const goesOn = await Promise.race([more, closed.then(() => false)]);
        if (!goesOn && !output.includes(text)) throw new Error(`Ended without printing ${text}:\n${output}`);
      }
    },
    output: () => output,
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await closed.catch(() => {});
    },
  };
}
