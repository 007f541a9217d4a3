import {
  ConfigurableModuleBuilder,
  Inject,
  Injectable,
  Logger,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { EntitySchema, MixedList } from 'typeorm';
import { Database } from './database.js';
import { assertIsolation } from './gate/isolation-gate.js';
import type { PoolOptions } from './login.js';
import { OwnerDatabase } from './owner-database.js';
import { migrate, type AfterMigrate, type MigrationClass } from './migrate.js';

/** How {@link DatabaseModule} connects, migrates and checks. */
export interface DatabaseModuleOptions {
  /** Connection strings for each role. One login may serve several; it then takes the role per transaction. */
  readonly urls: { readonly app: string; readonly system: string; readonly owner: string };
  readonly pool?: PoolOptions;
  /** The migrations of every library in use, and the app's own. */
  readonly migrations: readonly MigrationClass[];
  readonly afterMigrate?: readonly AfterMigrate[];
  /** TypeORM entities for `tx.manager()`. */
  readonly entities?: MixedList<Function | string | EntitySchema>;
  /** Run the migrations at start. Default true; false where a deployment step does it. */
  readonly migrateOnStart?: boolean;
  /** Refuse to start on a database whose tenants are not isolated. Default true. */
  readonly isolationGate?: boolean;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<DatabaseModuleOptions>()
    .setClassMethodName('forRoot')
    .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();

/** Closes the pools after everything that uses them has stopped. */
@Injectable()
class DatabaseLifecycle implements OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.database.close(), this.owner.close()]);
  }
}

/**
 * Provides {@link Database}: migrated, connected, and proved to isolate its tenants before anything else starts.
 *
 * @example
 * DatabaseModule.forRoot({ urls: { app, system, owner }, migrations: [...databaseMigrations, ...eventStoreMigrations] })
 */
@Module({
  providers: [
    {
      provide: Database,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: openDatabase,
    },
    {
      provide: OwnerDatabase,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: ({ urls }: DatabaseModuleOptions) => new OwnerDatabase(urls.owner),
    },
    DatabaseLifecycle,
  ],
  exports: [Database, OwnerDatabase],
})
export class DatabaseModule extends ConfigurableModuleClass {}

async function openDatabase(options: DatabaseModuleOptions): Promise<Database> {
  const logger = new Logger(DatabaseModule.name);
  const { urls, migrations, afterMigrate, migrateOnStart = true, isolationGate = true } = options;
  if (migrateOnStart) {
    const ran = await migrate({ ownerUrl: urls.owner, migrations, afterMigrate });
    for (const name of ran) logger.log(`Migrated ${name}`);
  }
  const database = await Database.connect({
    urls,
    pool: options.pool,
    entities: options.entities,
    onIdleError: (error) => logger.warn(`An idle connection broke: ${error.message}`),
  });
  if (isolationGate) {
    try {
      await assertIsolation((sql, values) => database.queryAsSystem('isolation gate', sql, values));
    } catch (error) {
      await database.close();
      throw error;
    }
  }
  return database;
}
