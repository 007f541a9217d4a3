export { type Authenticator, Authenticators, type Identity } from './access/authenticator.js';
export { bearerToken } from './access/bearer-token.js';
export { Caller } from './access/caller.decorator.js';
export {
  ApiKeyConfigured,
  ApiKeyExpiryPast,
  ApiKeyForeignTenant,
  ApiKeyNotFound,
  ApiKeyNotPlatform,
  ApiKeyOutlivesCreator,
  LastOperatorKey,
  PermissionNotHeld,
  PermissionUnknown,
} from './api-key/api-key.errors.js';
export { ApiKeyCreated, ApiKeyRevoked, ApiKeySecretReplaced } from './api-key/api-key.events.js';
export {
  ApiKeyPage,
  ApiKeyResponse,
  CreateApiKeyRequest,
  CreatedApiKeyResponse,
} from './api-key/api-key.schemas.js';
export { FollowApiKeys } from './api-key/api-keys/follow-api-keys.query.js';
export { GetApiKey } from './api-key/api-keys/get-api-key.query.js';
export { ListApiKeys } from './api-key/api-keys/list-api-keys.query.js';
export { type ApiKeyWish, CreateApiKey, type CreatedKey } from './api-key/commands/create-api-key.command.js';
export { RevokeApiKey } from './api-key/commands/revoke-api-key.command.js';
export { CredentialsInvalid, CredentialsMissing, PermissionMissing } from './auth.errors.js';
export { AuthHttpModule } from './auth-http.module.js';
export { AuthModule } from './auth.module.js';
export type { AuthModuleOptions } from './auth.options.js';
export { authMigrations } from './migrations/index.js';
export { OperatorKeyWeak } from './operator-key/operator-key.errors.js';
export { type BootstrapResult, OperatorKeyBootstrap } from './operator-key/operator-key.bootstrap.js';
export { PermissionCatalogue } from './permissions/permission-catalogue.js';
export { type Permissions, permits } from './permissions/permissions.js';
export { PermissionsResponse } from './permissions/permissions.schemas.js';
