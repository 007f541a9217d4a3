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
import { FollowServiceAccountsQuery, ServiceAccountResponse } from './service-account.schemas.js';
import { FollowServiceAccounts } from './service-accounts/follow-service-accounts.query.js';

/** The list of service accounts while it changes. It stands before what takes an id in that place. */
@ApiTags('Service accounts')
@Controller({ path: 'service-accounts', version: '1' })
export class ServiceAccountStreamController {
  constructor(private readonly queryBus: QueryBus) {}

  @RequirePermission('auth.service_accounts.read')
  @ApiOperation({
    operationId: 'serviceAccountFollow',
    summary: 'Follow service accounts',
    description:
      'Each service account of the list as it is whenever it changes, as server-sent events, and a message `removed` with its `id` when it is not in the list any more. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @EventStream(ServiceAccountResponse, { description: 'The stream: one of these in each message.' })
  @Get('stream')
  follow(
    @Ctx() ctx: RequestContext,
    @Query({ schema: FollowServiceAccountsQuery }) query: FollowServiceAccountsQuery,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<ServiceAccountResponse>> {
    const cursor = lastEventId ?? query.cursor;
    return this.queryBus.execute(new FollowServiceAccounts(ctx, { ...query, cursor }));
  }
}
