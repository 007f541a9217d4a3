import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

// `npm run start:dev`: the compiler watches the sources, Node watches what the compiler writes. Ctrl+C reaches both.
const binaries = 'node_modules/.bin';

async function run(command: string, ...args: string[]): Promise<void> {
  const [code] = await once(spawn(`${binaries}/${command}`, args, { stdio: 'inherit' }), 'exit');
  if (code !== 0) process.exit(1);
}

await run('tsc', '-b', 'tsconfig.build.json');
const children: ChildProcess[] = [
  spawn(`${binaries}/tsc`, ['-b', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'], {
    stdio: 'inherit',
  }),
  spawn(
    `${binaries}/node`,
    ['--enable-source-maps', '--watch', '--watch-preserve-output', 'apps/api/dist/main.js'],
    {
      stdio: 'inherit',
    },
  ),
];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => children.forEach((child) => child.kill(signal)));
}
await Promise.all(children.map((child) => once(child, 'exit')));
