import 'reflect-metadata';
import { ExitCode } from './exit-codes.js';
import { Interrupt } from './io.js';
import { runAcci } from './run-acci.js';

const { env, stdin, stdout, stderr } = process;
const interrupt = new Interrupt();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Whatever is under way is a transaction; a server that we started ends with us.
  process.on(signal, () => interrupt.raise() || process.exit(ExitCode.interrupted));
}
// `acci events replay | head`: whoever has read enough is not a failure.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await runAcci(process.argv.slice(2), { env, stdin, stdout, stderr, interrupt });
