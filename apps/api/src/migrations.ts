import { databaseMigrations, type AfterMigrate, type MigrationClass } from '@acci/database';
import { authMigrations } from '@acci/auth';
import { eventStoreAfterMigrate, eventStoreMigrations } from '@acci/event-store';
import { projectionsMigrations } from '@acci/projections';
import { tenancyMigrations } from '@acci/tenancy';

/** Every library's migrations; a library's come after those of the libraries it builds on. */
export const migrations: readonly MigrationClass[] = [
  ...databaseMigrations,
  ...eventStoreMigrations,
  ...projectionsMigrations,
  ...tenancyMigrations,
  ...authMigrations,
];

/** What libraries do after the migrations, at every start. */
export const afterMigrate: readonly AfterMigrate[] = [eventStoreAfterMigrate];
