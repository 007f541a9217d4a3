import { spawn, spawnSync } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instruction } from './dockerfile.ts';

// What the image calls `node`: a user that owns nothing here.
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/**
 * Starts api and worker from a built stage, against an embedded PostgreSQL of the repository's, until the stage's
 * own health check is content, and stops them by SIGTERM as a container engine does.
 *
 * @param instructions of the stage
 * @param directory that stands for the stage's root directory
 * @param data an absent folder for the server's data
 * @throws {Error} with what the app wrote, if it does not become healthy or does not end orderly.
 */
export async function startApps(
  instructions: readonly Instruction[],
  directory: string,
  data: string,
): Promise<void> {
  const last = (keyword: string) => instructions.findLast((each) => each.keyword === keyword)?.argument ?? '';
  const workdir = join(directory, last('WORKDIR'));
  const command = arrayIn(last('CMD'));
  const health = arrayIn(last('HEALTHCHECK'));
  // The repository's, not the stage's: the image has no embedded server. Imported late, as it must be built first.
  const { EmbeddedServer } = await import('@acci/database');
  const server = await EmbeddedServer.start({ directory: data, durable: false });
  // A copy, as the image's own would be: the repository may lie where that user cannot reach.
  const bin = `${data}-bin`;
  await mkdir(bin);
  await copyFile(process.execPath, `${bin}/node`);
  const masterKey = randomBytes(32).toString('base64');
  try {
    for (const main of command.slice(-1).flatMap((api) => [api, api.replace('/api/', '/worker/')])) {
      const port = await freePort();
      const env = {
        PATH: `${bin}:${process.env['PATH']}`,
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PORT: String(await freePort()),
        ACCI_MANAGEMENT_PORT: String(port),
        ACCI_OPERATOR_KEY: randomBytes(32).toString('hex'),
        ACCI_MASTER_KEY: masterKey,
        DATABASE_URL: server.urls.app,
        DATABASE_SYSTEM_URL: server.urls.system,
        DATABASE_OWNER_URL: server.urls.owner,
      };
      await startOne([...command.slice(0, -1), main], health, { cwd: workdir, env, ...nobody });
    }
  } finally {
    await server.stop();
  }
}

/** A working directory, an environment and a user. */
interface Container {
  cwd: string;
  env: Record<string, string | undefined>;
  uid?: number;
  gid?: number;
}

async function startOne(
  [program = '', ...args]: readonly string[],
  [check = '', ...checkArgs]: readonly string[],
  container: Container,
): Promise<void> {
  const app = spawn(program, args, { ...container, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [app.stdout, app.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  }
  const ended = once(app, 'exit');
  const healthy = () => spawnSync(check, checkArgs, container).status === 0;
  const deadline = Date.now() + 60_000;
  while (app.exitCode === null && Date.now() < deadline && !healthy()) await sleep(250);
  const wasHealthy = app.exitCode === null && Date.now() < deadline;
  app.kill('SIGTERM');
  const [code] = await ended;
  const name = args.join(' ');
  if (!wasHealthy) throw new Error(`${name} did not become healthy\n${output.join('')}`);
  if (code !== 0) throw new Error(`${name} ended with ${code} after SIGTERM\n${output.join('')}`);
}

/** The JSON array in `CMD ["node", "main.js"]`, or in the CMD of a HEALTHCHECK. */
function arrayIn(argument: string): string[] {
  return JSON.parse(argument.slice(argument.indexOf('['))) as string[];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
