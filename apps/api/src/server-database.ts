import { join } from 'node:path';
import { EmbeddedServer } from '@acci/database';
import type { Config } from './config.js';

/** The database of this process: where each role logs in, and how to let go of it. */
export interface ServerDatabase {
  readonly urls: { readonly app: string; readonly system: string; readonly owner: string };
  /** The embedded server, or undefined where `DATABASE_URL` names one. */
  readonly embedded: EmbeddedServer | undefined;
}

/** The server that the configuration names, or else an embedded one, started here. */
export async function openServerDatabase(
  config: Config,
  log: (message: string) => void = () => {},
): Promise<ServerDatabase> {
  const { DATABASE_URL: app } = config;
  if (app) {
    const { DATABASE_SYSTEM_URL: system = app, DATABASE_OWNER_URL: owner = app } = config;
    return { urls: { app, system, owner }, embedded: undefined };
  }
  const embedded = await EmbeddedServer.start({ directory: join(config.ACCI_DATA_DIR, 'postgres'), log });
  return { urls: embedded.urls, embedded };
}
