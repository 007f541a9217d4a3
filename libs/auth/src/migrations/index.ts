import { CreateApiKeys1700600000001 } from './1700600000001-create-api-keys.js';
import { CreateUsers1700600000002 } from './1700600000002-create-users.js';
import { CreateOneTimeTokens1700600000003 } from './1700600000003-create-one-time-tokens.js';
import { CreateSessions1700600000005 } from './1700600000005-create-sessions.js';
import { CreatePasswords1700600000004 } from './1700600000004-create-passwords.js';
import { CreateRoles1700600000006 } from './1700600000006-create-roles.js';
import { CreateServiceAccounts1700600000007 } from './1700600000007-create-service-accounts.js';

/**
 * The migrations of this library, oldest first. An app hands every library's list to `DatabaseModule`.
 *
 * @example
 * DatabaseModule.forRoot({ urls, migrations: [...databaseMigrations, ...authMigrations] });
 */
export const authMigrations = [
  CreateApiKeys1700600000001,
  CreateUsers1700600000002,
  CreateOneTimeTokens1700600000003,
  CreatePasswords1700600000004,
  CreateSessions1700600000005,
  CreateRoles1700600000006,
  CreateServiceAccounts1700600000007,
];
