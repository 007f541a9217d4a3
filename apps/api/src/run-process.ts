import { inspect } from 'node:util';
import type { INestApplicationContext } from '@nestjs/common';
import type { Config } from './config.js';
import { openServerDatabase, type ServerDatabase } from './server-database.js';

/** A Nest application and what it shows once it runs. */
export interface RunningApp {
  readonly app: INestApplicationContext;
  readonly banner: readonly string[];
}

/**
 * Runs an app as this process: its database first and last, an orderly end on SIGTERM and SIGINT, and a hard one
 * when that takes too long or is asked for twice.
 */
export async function runProcess(
  config: Config,
  start: (database: ServerDatabase) => Promise<RunningApp>,
): Promise<void> {
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  let stop: (() => Promise<void>) | undefined;
  let stopping: Promise<void> | undefined;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // A start has nothing in flight, and process 1 of a container does not end by itself.
      if (!stop || stopping) process.exit(1);
      stopping = stop().catch((error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      });
    });
  }
  const database = await openServerDatabase(config, say);
  let running: RunningApp;
  try {
    running = await start(database);
  } catch (error) {
    await database.embedded?.stop();
    throw error;
  }
  stop = async () => {
    // The deadline of the drain, and a little for everything after it.
    setTimeout(() => process.exit(1), config.ACCI_SHUTDOWN_TIMEOUT_MS + 10_000).unref();
    await running.app.close();
    await database.embedded?.stop();
    process.exit(0);
  };
  // In one piece: nothing comes between the lines.
  say(running.banner.join('\n'));
}

/** Ends the process with a message for people where the environment or the database is at fault. */
export function failStart(error: unknown): never {
  // A failed connection to a name with several addresses has one error for each, and no message.
  const text = error instanceof Error && error.message ? error.message : inspect(error);
  process.stderr.write(`\nThe server did not start. ${text}\n`);
  process.exit(1);
}
