import { ChangeServiceAccountHandler } from './commands/change-service-account.command.js';
import { CreateServiceAccountHandler } from './commands/create-service-account.command.js';
import { DeleteServiceAccountHandler } from './commands/delete-service-account.command.js';
import { DisableServiceAccountHandler } from './commands/disable-service-account.command.js';
import { EnableServiceAccountHandler } from './commands/enable-service-account.command.js';
import { AddClientSecretHandler } from './credentials/add-client-secret.command.js';
import { AddCredential } from './credentials/add-credential.js';
import { AddPublicKeyHandler } from './credentials/add-public-key.command.js';
import { CredentialTable } from './credentials/credential-table.js';
import { ListServiceAccountCredentialsHandler } from './credentials/list-credentials.query.js';
import { RevokeServiceAccountCredentialHandler } from './credentials/revoke-credential.command.js';
import { KnownPermissions } from './known-permissions.js';
import { GetServiceAccountHandler } from './service-accounts/get-service-account.query.js';
import { ListServiceAccountsHandler } from './service-accounts/list-service-accounts.query.js';

/** What handles the commands and queries of service accounts, for the module. */
export const serviceAccountProviders = [
  AddClientSecretHandler,
  AddCredential,
  AddPublicKeyHandler,
  ChangeServiceAccountHandler,
  CreateServiceAccountHandler,
  CredentialTable,
  DeleteServiceAccountHandler,
  DisableServiceAccountHandler,
  EnableServiceAccountHandler,
  GetServiceAccountHandler,
  KnownPermissions,
  ListServiceAccountCredentialsHandler,
  ListServiceAccountsHandler,
  RevokeServiceAccountCredentialHandler,
];
