import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../spec-support/log-and-die.mjs', import.meta.url));

describe('standard output', () => {
  it.each([
    ['calls process.exit', 'exit', 'first\nsecond\n'],
    ['dies of an uncaught error', 'throw', 'first\nsecond\n'],
    ['runs out of work', 'run', 'first\nsecond\n'],
    ['has closed it', 'close', 'first\nsecond\nthird\n'],
  ])('has every line, in order and once, when the process %s', (_how, end, expected) => {
    const { stdout } = spawnSync(process.execPath, [script, end], { encoding: 'utf8' });
    expect(stdout).toBe(expected);
  });
});
