import { EventStoreModule } from '@acci/event-store';
import { ProjectionsModule } from '@acci/projections';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { Authenticators } from './access/authenticator.js';
import { PermissionGuard } from './access/permission.guard.js';
import { ApiKey } from './api-key/api-key.aggregate.js';
import { ApiKeyAuthenticator } from './api-key/api-key.authenticator.js';
import { ApiKeyIssuer } from './api-key/api-key-issuer.js';
import { ApiKeysProjection } from './api-key/api-keys/api-keys.projection.js';
import { GetApiKeyHandler } from './api-key/api-keys/get-api-key.query.js';
import { ListApiKeysHandler } from './api-key/api-keys/list-api-keys.query.js';
import { CreateApiKeyHandler } from './api-key/commands/create-api-key.command.js';
import { RevokeApiKeyHandler } from './api-key/commands/revoke-api-key.command.js';
import { KeySecrets } from './api-key/key-secrets.js';
import { LastUses } from './api-key/last-uses.js';
import { type AuthModuleOptions, ConfigurableModuleClass } from './auth.options.js';
import { ConfiguredOperatorKey } from './operator-key/configured-operator-key.js';
import { OperatorKeyBootstrap } from './operator-key/operator-key.bootstrap.js';
import { PermissionCatalogue } from './permissions/permission-catalogue.js';

/**
 * API keys, and the guard that asks every request for one. It needs `DatabaseModule`,
 * `EventStoreModule`, `ProjectionsModule` and `TenancyModule`, each set up with `forRoot`.
 *
 * @example
 * @Module({ imports: [AuthModule.forRoot({ operatorKey: config.operatorKey }), AuthHttpModule] })
 * class AppModule {}
 */
@Module({
  imports: [
    CqrsModule,
    EventStoreModule.forFeature([ApiKey]),
    ProjectionsModule.forFeature([ApiKeysProjection]),
  ],
  providers: [
    ApiKeyAuthenticator,
    ApiKeyIssuer,
    ConfiguredOperatorKey,
    CreateApiKeyHandler,
    GetApiKeyHandler,
    KeySecrets,
    LastUses,
    ListApiKeysHandler,
    OperatorKeyBootstrap,
    PermissionCatalogue,
    RevokeApiKeyHandler,
    {
      provide: Authenticators,
      inject: [ApiKeyAuthenticator],
      useFactory: (apiKeys: ApiKeyAuthenticator) => new Authenticators([apiKeys]),
    },
    { provide: APP_GUARD, useClass: PermissionGuard },
  ],
  exports: [Authenticators, OperatorKeyBootstrap, PermissionCatalogue],
})
export class AuthModule extends ConfigurableModuleClass {
  /** Sets up access with these options; without any, the operator's key is made at the first start. */
  static override forRoot(options: AuthModuleOptions = {}): DynamicModule {
    return super.forRoot(options);
  }
}
