import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { pendingMigrations } from './pending-migrations.js';
import { ensureRoles, prepareDatabase } from './roles.js';

/** A class that TypeORM can run as a migration; its name ends in a 13-digit time stamp. */
export type MigrationClass = new () => MigrationInterface;

/** Asks the database as its owner. Values are bound. */
export type OwnerQuery = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

/** Work of a library for each start, after the migrations, as the owner and under the same lock. */
export type AfterMigrate = (query: OwnerQuery) => Promise<void>;

/** What {@link migrate} runs. */
export interface MigrateOptions {
  /** Connection string of `acci_owner`, or of a login that may take that role. Not through a transaction pooler. */
  readonly ownerUrl: string;
  readonly migrations: readonly MigrationClass[];
  readonly afterMigrate?: readonly AfterMigrate[];
  /** Told how many of the migrations that have to run have run: first of none, and after each. */
  readonly onProgress?: (done: number, total: number) => void;
}

// Any constant will do, as long as every replica uses the same: the letters "acci" as a number.
const lockKey = 0x61636369;

/**
 * Brings the database up to date as `acci_owner`. Replicas that start together wait for the first one and then
 * find nothing to do. Each migration is a transaction of its own, so a killed process leaves whole migrations.
 *
 * @returns the names of the migrations that this call ran.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { ownerUrl } = options;
  const lock = new pg.Client({ connectionString: ownerUrl, application_name: 'acci_migrate_lock' });
  // A connection that breaks ends its queries with an error; without a listener it would end the process too.
  lock.on('error', () => {});
  await lock.connect();
  try {
    // A lock of a transaction, not of the session: it cannot outlive us, whatever happens to this process.
    await lock.query('begin');
    // Waiting for the replica that migrates may take long, whatever the role's settings say.
    for (const limit of ['idle_in_transaction_session_timeout', 'statement_timeout', 'lock_timeout']) {
      await lock.query(`set local ${limit} = 0`);
    }
    await lock.query('select pg_advisory_xact_lock($1)', [lockKey]);
    const { rows } = await lock.query<{ login: string }>('select session_user as login');
    if (rows[0]?.login !== 'acci_owner') await bootstrap(ownerUrl);
    return await runAsOwner(options);
  } finally {
    await lock.end();
  }
}

/**
 * A data source that acts as `acci_owner` in the schema `acci`: what {@link migrate} uses, and what the TypeORM
 * command line needs in `ormconfig.ts`.
 */
export function ownerDataSource(ownerUrl: string, migrations: readonly MigrationClass[]): DataSource {
  return new DataSource({
    type: 'postgres',
    url: ownerUrl,
    schema: 'acci',
    installExtensions: false,
    migrations: [...migrations],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    // At the start of the connection, not by SET: this pool is for nothing but the owner's work.
    extra: { max: 2, options: '-c role=acci_owner', application_name: 'acci_owner' },
  });
}

/** With one login for everything there is nobody else to make the roles; with CREATEROLE it may. */
async function bootstrap(url: string): Promise<void> {
  await ensureRoles(url);
  await prepareDatabase(url);
}

async function runAsOwner({
  ownerUrl,
  migrations,
  afterMigrate = [],
  onProgress,
}: MigrateOptions): Promise<string[]> {
  const owner = ownerDataSource(ownerUrl, migrations);
  await owner.initialize();
  try {
    await owner.query('create schema if not exists acci');
    if (onProgress) await follow(owner, migrations, onProgress);
    const ran = await owner.runMigrations();
    for (const hook of afterMigrate)
      await owner.transaction((manager) => hook((sql, values) => manager.query(sql, values)));
    return ran.map(({ name }) => name);
  } finally {
    await owner.destroy();
  }
}

/** TypeORM tells nobody how far it is, so each migration does. */
async function follow(
  owner: DataSource,
  migrations: readonly MigrationClass[],
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const [table] = await owner.query(`select to_regclass('acci.migrations') is not null as exists`);
  const query = (sql: string) => owner.query(sql);
  const total = table.exists ? (await pendingMigrations(query, migrations)).length : migrations.length;
  let done = 0;
  onProgress(done, total);
  for (const migration of owner.migrations) {
    const up = migration.up.bind(migration);
    migration.up = async (runner) => {
      await up(runner);
      done += 1;
      onProgress(done, total);
    };
  }
}
