import { LiveFeedModule } from '@acci/event-store';
import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { flowControllers, flowHttpProviders } from './account-flows-http.js';
import { ApiKeyController } from './api-key/api-key.controller.js';
import { FollowApiKeysHandler } from './api-key/api-keys/follow-api-keys.query.js';
import { grantControllers, grantFollowers } from './grant/grant-controllers.js';
import { LoginController } from './login/login.controller.js';
import { MyPasswordController } from './password/my-password.controller.js';
import { PermissionsController } from './permissions/permissions.controller.js';
import { IdentityLinkController } from './user/identity-link/identity-link.controller.js';
import { FollowIdentityLinksHandler } from './user/identity-link/follow-identity-links.query.js';
import { MeController } from './user/me.controller.js';
import { FollowImpersonationsHandler } from './impersonation/follow-impersonations.query.js';
import { ImpersonationController } from './impersonation/impersonation.controller.js';
import {
  serviceAccountControllers,
  serviceAccountHttpProviders,
} from './service-account/service-account-http.js';
import { FollowSessionsHandler } from './session/follow-sessions.query.js';
import { SessionController } from './session/session.controller.js';
import { UserSessionsController } from './session/user-sessions.controller.js';
import { UserImportController } from './user/user-import/user-import.controller.js';
import { UserLifeController } from './user/user-life.controller.js';
import { UserStreamController } from './user/user-stream.controller.js';
import { UserController } from './user/user.controller.js';
import { FollowUsersHandler } from './user/users/follow-users.query.js';

/**
 * `/v1/users`, `/v1/me`, `/v1/roles`, `/v1/groups`, `/v1/api-keys` and what else belongs to access, for apps that serve HTTP. It needs `AuthModule`.
 *
 * @example
 * @Module({ imports: [AuthModule.forRoot(), AuthHttpModule] })
 * class ApiModule {}
 */
@Module({
  imports: [CqrsModule, LiveFeedModule],
  controllers: [
    ApiKeyController,
    IdentityLinkController,
    LoginController,
    MeController,
    MyPasswordController,
    PermissionsController,
    ImpersonationController,
    SessionController,
    UserSessionsController,
    UserStreamController,
    UserController,
    UserImportController,
    UserLifeController,
    ...flowControllers,
    ...grantControllers,
    ...serviceAccountControllers,
  ],
  providers: [
    ...flowHttpProviders,
    ...serviceAccountHttpProviders,
    FollowApiKeysHandler,
    FollowIdentityLinksHandler,
    FollowImpersonationsHandler,
    FollowSessionsHandler,
    FollowUsersHandler,
    ...grantFollowers,
  ],
})
export class AuthHttpModule {}
