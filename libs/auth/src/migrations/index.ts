import { CreateApiKeys1700600000001 } from './1700600000001-create-api-keys.js';

/**
 * The migrations of this library, oldest first. An app hands every library's list to `DatabaseModule`.
 *
 * @example
 * DatabaseModule.forRoot({ urls, migrations: [...databaseMigrations, ...authMigrations] });
 */
export const authMigrations = [CreateApiKeys1700600000001];
