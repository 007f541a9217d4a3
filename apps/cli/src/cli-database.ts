import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openServerDatabase, type Config, type ServerDatabase } from '@acci/api';
import { EmbeddedServer } from '@acci/database';
import { DomainError } from '@acci/event-store';

/** There is neither a `DATABASE_URL` nor data of an embedded server. */
export class NoDatabase extends DomainError {
  readonly code = 'cli.database.not_found';
  readonly kind = 'not_found';

  constructor(directory: string) {
    super(
      `There is no database: DATABASE_URL is not set and ${directory} holds no data. ` +
        'Make an embedded one with acci migrate, or start the server.',
    );
  }
}

/**
 * The database that the environment names: a remote server, the embedded server of a running app, or the embedded
 * server's data, whose server is started here and ends with this process.
 *
 * @param create make the embedded server's data, if there is none.
 * @throws {NoDatabase}
 */
export async function openCliDatabase(
  config: Config,
  { create = false, log }: { readonly create?: boolean; readonly log: (message: string) => void },
): Promise<ServerDatabase> {
  if (config.DATABASE_URL) return openServerDatabase(config, log);
  const directory = join(config.ACCI_DATA_DIR, 'postgres');
  if (!create && !existsSync(join(directory, 'server.json'))) throw new NoDatabase(directory);
  const running = await EmbeddedServer.find(directory);
  return running ? { urls: running, embedded: undefined } : openServerDatabase(config, log);
}
