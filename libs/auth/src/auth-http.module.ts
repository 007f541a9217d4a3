import { LiveFeedModule } from '@acci/event-store';
import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ApiKeyController } from './api-key/api-key.controller.js';
import { FollowApiKeysHandler } from './api-key/api-keys/follow-api-keys.query.js';
import { PermissionsController } from './permissions/permissions.controller.js';

/**
 * `/v1/api-keys` and `/v1/permissions`, for apps that serve HTTP. It needs `AuthModule`.
 *
 * @example
 * @Module({ imports: [AuthModule.forRoot(), AuthHttpModule] })
 * class ApiModule {}
 */
@Module({
  imports: [CqrsModule, LiveFeedModule],
  controllers: [ApiKeyController, PermissionsController],
  providers: [FollowApiKeysHandler],
})
export class AuthHttpModule {}
