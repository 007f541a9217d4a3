import { ApiKeyAuthenticator } from './api-key.authenticator.js';
import { ApiKeyIssuer } from './api-key-issuer.js';
import { GetApiKeyHandler } from './api-keys/get-api-key.query.js';
import { ListApiKeysHandler } from './api-keys/list-api-keys.query.js';
import { ChangeApiKeyHandler } from './commands/change-api-key.command.js';
import { CreateApiKeyHandler } from './commands/create-api-key.command.js';
import { RevokeApiKeyHandler } from './commands/revoke-api-key.command.js';
import { RotateApiKeyHandler } from './commands/rotate-api-key.command.js';
import { KeySecrets } from './key-secrets.js';
import { LastUses } from './last-uses.js';

/** What API keys need, for the module. */
export const apiKeyProviders = [
  ApiKeyAuthenticator,
  ApiKeyIssuer,
  ChangeApiKeyHandler,
  CreateApiKeyHandler,
  GetApiKeyHandler,
  KeySecrets,
  LastUses,
  ListApiKeysHandler,
  RevokeApiKeyHandler,
  RotateApiKeyHandler,
];
