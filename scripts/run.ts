import { spawnSync } from 'node:child_process';

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to stdout.
 * @throws {Error} with everything it wrote, if it did not end with 0.
 */
export function run(command: string, args: readonly string[], cwd: string): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
  return stdout;
}
