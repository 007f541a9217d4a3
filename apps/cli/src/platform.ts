import { userInfo } from 'node:os';
import { migrations, PlatformModule, readConfig, type Config, type ServerDatabase } from '@acci/api';
import { Database, pendingMigrations, uuidv7 } from '@acci/database';
import { DomainError, type Context } from '@acci/event-store';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import {
  Injectable,
  type INestApplicationContext,
  type OnApplicationShutdown,
  type Abstract,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { openCliDatabase } from './cli-database.js';
import { Terminal } from './console/terminal.js';

// Before the first migrations there is no table, or nobody who may look.
const isReadable = `
  select has_schema_privilege(s.oid, 'usage') and has_table_privilege(t.oid, 'select') as readable
    from pg_namespace as s join pg_class as t on t.relnamespace = s.oid
   where s.nspname = 'acci' and t.relname = 'migrations'`;

/** The database is not as this program needs it. */
export class MigrationsPending extends DomainError {
  readonly code = 'cli.migrations.pending';
  readonly kind = 'conflict';
  override readonly details: { readonly pending: readonly string[] };

  constructor(pending: readonly string[]) {
    super(`${pending.length} migrations have not run. Run them with acci migrate, or start the server`);
    this.details = { pending };
  }
}

/**
 * The platform, as far as commands need it: opened when the first one asks, so that `--help` needs no database, and
 * closed when the program ends. It serves nothing, runs no projections, and migrates nothing by the way.
 */
@Injectable()
export class Platform implements OnApplicationShutdown {
  private read: Config | undefined;
  private opening: Promise<ServerDatabase> | undefined;
  private starting: Promise<INestApplicationContext> | undefined;

  constructor(private readonly terminal: Terminal) {}

  /** @throws {InvalidConfiguration} */
  get config(): Config {
    return (this.read ??= readConfig(this.terminal.io.env));
  }

  /**
   * The database, and whether its server is ours: nobody else works with it then.
   *
   * @throws {NoDatabase} unless it may be made.
   */
  database(options: { readonly create?: boolean } = {}): Promise<ServerDatabase> {
    const log = (message: string) => this.terminal.say(message);
    return (this.opening ??= openCliDatabase(this.config, { ...options, log }));
  }

  /**
   * A part of the platform, such as `CommandBus`.
   *
   * @throws {NoDatabase} {@link MigrationsPending}
   */
  async get<T>(part: Abstract<T>): Promise<T> {
    const app = await (this.starting ??= this.start());
    return app.get<T>(part, { strict: false });
  }

  /** The migrations that the database has not run. */
  async pendingMigrations(options: { readonly create?: boolean } = {}): Promise<string[]> {
    const { urls } = await this.database(options);
    const database = await Database.connect({ urls, pool: { max: 1 } });
    try {
      const [table] = await database.queryAsSystem<{ readable: boolean }>('pending migrations', isReadable);
      const query = (sql: string) => database.queryAsSystem('pending migrations', sql);
      return table?.readable
        ? await pendingMigrations(query, migrations)
        : migrations.map(({ name }) => name);
    } finally {
      await database.close();
    }
  }

  /** On whose behalf a command acts: the platform's, unless a tenant is named. */
  context({ actor }: { readonly actor?: string | undefined }, tenantId = PLATFORM_TENANT_ID): Context {
    return { tenantId, actor: actor ?? `cli:${login()}`, correlationId: uuidv7() };
  }

  async onApplicationShutdown(): Promise<void> {
    // What failed to open has told so already.
    await (await this.starting?.catch(() => undefined))?.close();
    await (await this.opening?.catch(() => undefined))?.embedded?.stop();
  }

  private async start(): Promise<INestApplicationContext> {
    const database = await this.database();
    const pending = await this.pendingMigrations();
    if (pending.length > 0) throw new MigrationsPending(pending);
    const config: Config = {
      ...this.config,
      ACCI_MIGRATE_ON_START: false,
      ACCI_WORKER: false,
      // Of the server beside us, whose environment we may have; and stdout is for results.
      ACCI_MANAGEMENT_PORT: undefined,
      OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
      LOG_LEVEL: 'silent',
    };
    // Where no server of ours runs there is nobody else to do it.
    const options = { prepareProjections: database.embedded !== undefined };
    return NestFactory.createApplicationContext(
      PlatformModule.forRoot(config, database, 'acci-cli', options),
      { abortOnError: false },
    );
  }
}

/** Not everybody who runs in a container has a name. */
function login(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
