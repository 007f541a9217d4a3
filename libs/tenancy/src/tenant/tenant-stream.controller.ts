import type { Context } from '@acci/event-store';
import { ApiProblems, Ctx, EventStream, LastEventId, RequirePermission, type StreamSource } from '@acci/rest';
import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { PlatformTenantGuard } from '../platform-tenant.guard.js';
import { FollowTenants } from './tenant-directory/follow-tenants.query.js';
import { FollowTenantHistory } from './tenant-history/follow-tenant-history.query.js';
import { FollowTenantsQuery, TenantHistoryItem, TenantId, TenantResponse } from './tenant.schemas.js';

/**
 * Tenants while they change: `/v1/tenants/stream`, which stands before what takes an id in that place, and
 * `/v1/tenants/{id}/history/stream`.
 */
@ApiTags('Tenants')
@UseGuards(PlatformTenantGuard)
@Controller({ path: 'tenants', version: '1' })
export class TenantStreamController {
  constructor(private readonly queryBus: QueryBus) {}

  @RequirePermission('tenancy.tenants.read')
  @ApiOperation({
    operationId: 'tenantFollow',
    summary: 'Follow tenants',
    description:
      'Each tenant of the list as it is whenever it changes, as server-sent events, and a message `removed` with its `id` when it is not in the list any more. Open the stream first and read the list then: whoever puts what comes into that list by `id` keeps it up to date. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @EventStream(TenantResponse, { description: 'The stream: one of these in each message.' })
  @Get('stream')
  follow(
    @Ctx() ctx: Context,
    @Query({ schema: FollowTenantsQuery }) query: FollowTenantsQuery,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<TenantResponse>> {
    return this.queryBus.execute(new FollowTenants(ctx, { ...query, cursor: lastEventId ?? query.cursor }));
  }

  @RequirePermission('tenancy.tenants.read')
  @ApiOperation({
    operationId: 'tenantHistoryFollow',
    summary: 'Follow a tenant’s history',
    description:
      'What happens to it while it happens, as server-sent events. A client that was cut off goes on with `Last-Event-ID`. To have all of it open this first and read the history then: `version` tells what came twice.',
  })
  @ApiProblems({
    404: ['tenancy.tenant.not_found'],
  })
  @EventStream(TenantHistoryItem, { description: 'The stream: one of these in each message.' })
  @Get(':id/history/stream')
  followHistory(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<TenantHistoryItem>> {
    return this.queryBus.execute(new FollowTenantHistory(ctx, id, lastEventId));
  }
}
