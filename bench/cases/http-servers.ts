import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { devNull } from 'node:os';
import type { BenchDatabase } from '../bench-database.ts';
import type { Listening } from '../servers/protocol.ts';

/** A server in a process of its own. */
export interface Server {
  readonly url: string;
  readonly process: ChildProcess;
}

const operatorKey = randomBytes(32).toString('hex');

/** The header that servers of {@link environmentOf} take. */
export const authorization = `Bearer ${operatorKey}`;

/** What our API is started with. */
export function environmentOf({ urls, masterKey }: BenchDatabase): Record<string, string> {
  return {
    NODE_ENV: 'production',
    DATABASE_URL: urls.app,
    DATABASE_SYSTEM_URL: urls.system,
    DATABASE_OWNER_URL: urls.owner,
    ACCI_OPERATOR_KEY: operatorKey,
    ACCI_MASTER_KEY: masterKey,
    ACCI_WORKER: 'false',
    ACCI_RATE_LIMIT_PER_MINUTE: '100000000',
  };
}

/** Starts a server of `bench/servers`. */
export async function startServer(
  name: 'ours' | 'bare' | 'rows' | 'worker',
  environment: Record<string, string>,
): Promise<Server> {
  const child = fork(new URL(`../servers/${name}.ts`, import.meta.url), {
    env: { PATH: process.env['PATH'], ...environment },
    // Logged lines are made and written, but to nowhere: the disk is not what is measured.
    stdio: ['ignore', openSync(devNull, 'w'), 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The ${name} server ended with ${code} before it listened`);
  });
  const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [Listening];
  ended.catch(() => {});
  return { url: `http://127.0.0.1:${port}`, process: child };
}

/** Ends a server's process. */
export async function stopServer(server: Server): Promise<void> {
  server.process.disconnect();
  await once(server.process, 'exit');
}
