import {
  Ctx,
  EventStream,
  LastEventId,
  type RequestContext,
  RequirePermission,
  type StreamSource,
} from '@acci/rest';
import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { FollowUsersQuery, UserResponse } from './user.schemas.js';
import { FollowUsers } from './users/follow-users.query.js';

/** The list of users while it changes: `/v1/users/stream`. It stands before what takes an id in that place. */
@ApiTags('Users')
@Controller({ path: 'users', version: '1' })
export class UserStreamController {
  constructor(private readonly queryBus: QueryBus) {}

  @RequirePermission('auth.users.read')
  @ApiOperation({
    operationId: 'userFollow',
    summary: 'Follow users',
    description:
      'Each user of the list as they are whenever they change, as server-sent events, and a message `removed` with their `id` when they are not in the list any more. Open the stream first and read the list then: whoever puts what comes into that list by `id` keeps it up to date. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @EventStream(UserResponse, { description: 'The stream: one of these in each message.' })
  @Get('stream')
  follow(
    @Ctx() ctx: RequestContext,
    @Query({ schema: FollowUsersQuery }) query: FollowUsersQuery,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<UserResponse>> {
    return this.queryBus.execute(new FollowUsers(ctx, { ...query, cursor: lastEventId ?? query.cursor }));
  }
}
