import { EventStoreModule } from '@acci/event-store';
import { ProjectionsModule } from '@acci/projections';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { flowHandlers } from './account-flows.js';
import { type Authenticator, Authenticators } from './access/authenticator.js';
import { PermissionGuard } from './access/permission.guard.js';
import { ApiKey } from './api-key/api-key.aggregate.js';
import { ApiKeyAuthenticator } from './api-key/api-key.authenticator.js';
import { apiKeyProviders } from './api-key/api-key-providers.js';
import { ApiKeysProjection } from './api-key/api-keys/api-keys.projection.js';
import { type AuthModuleOptions, ConfigurableModuleClass } from './auth.options.js';
import { ConfiguredOperatorKey } from './operator-key/configured-operator-key.js';
import { exportedLoginProviders, loginProviders } from './login/login-providers.js';
import { FirstOperator } from './first-start/first-operator.js';
import { FirstOperatorBootstrap } from './first-start/first-operator.bootstrap.js';
import { Abilities } from './grant/abilities.js';
import { GrantGate } from './grant/grant-gate.js';
import { grantProviders } from './grant/grant-providers.js';
import { Grants } from './grant/grants.js';
import { Group } from './group/group.aggregate.js';
import { GroupsProjection } from './group/groups/groups.projection.js';
import { Guest } from './guest/guest.aggregate.js';
import { OneTimeLinks } from './one-time-token/one-time-links.js';
import { OneTimeTokens } from './one-time-token/one-time-tokens.js';
import { OperatorKeyBootstrap } from './operator-key/operator-key.bootstrap.js';
import { OwnerInvitations } from './owner/owner-invitations.aggregate.js';
import { PermissionCatalogue } from './permissions/permission-catalogue.js';
import { QuietAnswers } from './quiet-answer/quiet-answers.js';
import { RoleAssignmentsProjection } from './role/role-assignments/role-assignments.projection.js';
import { Role } from './role/role.aggregate.js';
import { RolesProjection } from './role/roles/roles.projection.js';
import { ServiceAccount } from './service-account/service-account.aggregate.js';
import { serviceAccountProviders } from './service-account/service-account-providers.js';
import { ServiceAccountsProjection } from './service-account/service-accounts/service-accounts.projection.js';
import { Session } from './session/session.aggregate.js';
import { SessionAuthenticator } from './session/session.authenticator.js';
import { exportedSessionProviders, sessionProviders } from './session/session-providers.js';
import { TenantOfRequest } from './tenant-of-request/tenant-of-request.js';
import { ServiceTokenAuthenticator } from './token/service-token.authenticator.js';
import { exportedTokenProviders, tokenProviders } from './token/token-providers.js';
import { exportedUserProviders, userProviders } from './user/user-providers.js';
import { User } from './user/user.aggregate.js';
import { UsersProjection } from './user/users/users.projection.js';

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
    EventStoreModule.forFeature([
      ApiKey,
      Group,
      Guest,
      OwnerInvitations,
      Role,
      ServiceAccount,
      Session,
      User,
    ]),
    ProjectionsModule.forFeature([
      ApiKeysProjection,
      GroupsProjection,
      RoleAssignmentsProjection,
      RolesProjection,
      ServiceAccountsProjection,
      UsersProjection,
    ]),
  ],
  providers: [
    ConfiguredOperatorKey,
    FirstOperator,
    FirstOperatorBootstrap,
    OneTimeLinks,
    OneTimeTokens,
    OperatorKeyBootstrap,
    PermissionCatalogue,
    QuietAnswers,
    TenantOfRequest,
    ...apiKeyProviders,
    ...flowHandlers,
    ...grantProviders,
    ...loginProviders,
    ...serviceAccountProviders,
    ...sessionProviders,
    ...tokenProviders,
    ...userProviders,
    {
      provide: Authenticators,
      inject: [SessionAuthenticator, ApiKeyAuthenticator, ServiceTokenAuthenticator],
      // Sessions first: they leave to others what is not theirs, and tell when there is too much.
      useFactory: (...all: Authenticator[]) => new Authenticators(all),
    },
    { provide: APP_GUARD, useClass: PermissionGuard },
  ],
  exports: [
    Abilities,
    Authenticators,
    FirstOperatorBootstrap,
    GrantGate,
    Grants,
    OneTimeLinks,
    OneTimeTokens,
    OperatorKeyBootstrap,
    PermissionCatalogue,
    QuietAnswers,
    TenantOfRequest,
    ...exportedUserProviders,
    ...exportedLoginProviders,
    ...exportedSessionProviders,
    ...exportedTokenProviders,
  ],
})
export class AuthModule extends ConfigurableModuleClass {
  /** Sets up access with these options; without any, the operator's key is made at the first start. */
  static override forRoot(options: AuthModuleOptions = {}): DynamicModule {
    return super.forRoot(options);
  }
}
