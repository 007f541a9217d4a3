import { answerPosition } from '@acci/event-store';
import {
  type AnyResponse,
  ApiProblems,
  Ctx,
  EventStream,
  LastEventId,
  page,
  type Page,
  type RequestContext,
  RequirePermission,
  Returns,
  type StreamSource,
} from '@acci/rest';
import { Controller, Delete, Get, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { RoleId } from '../role/role.schemas.js';
import { UserId } from '../user/user.schemas.js';
import { SetGuestRole } from './commands/set-guest-role.command.js';
import { GuestPage, GuestResponse, ListGuestsQuery } from './guest.schemas.js';
import { FollowGuests } from './guests/follow-guests.query.js';
import { ListGuests } from './guests/list-guests.query.js';

/** Users of tenants above who have roles in a tenant: `/v1/guests`. */
@ApiTags('Access')
@Controller({ path: 'guests', version: '1' })
export class GuestController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
  ) {}

  @RequirePermission('auth.guests.read')
  @ApiOperation({
    summary: 'List guests',
    description:
      'Users of tenants above who have roles in this one. They name it in the header `X-Acci-Tenant` to act in it.',
  })
  @Returns(GuestPage, { description: 'A page of guests.' })
  @Get()
  async list(
    @Ctx() ctx: RequestContext,
    @Query({ schema: ListGuestsQuery }) query: ListGuestsQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<GuestResponse>> {
    const { items, next } = await this.queryBus.execute(new ListGuests(ctx, query));
    return page(response, items, next);
  }

  @RequirePermission('auth.guests.read')
  @ApiOperation({
    summary: 'Follow guests',
    description:
      'Each guest as they are whenever their roles change, as server-sent events, and a message `removed`, whose `id` is their `userId`, when they have none any more. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @EventStream(GuestResponse, { description: 'The stream: one of these in each message.', key: 'userId' })
  @Get('stream')
  follow(
    @Ctx() ctx: RequestContext,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<GuestResponse>> {
    return this.queryBus.execute(new FollowGuests(ctx, lastEventId));
  }

  @RequirePermission('auth.guests.assign')
  @ApiOperation({
    summary: 'Give a guest a role',
    description:
      'To a user of a tenant above, never of one beside or below. Whoever does must hold all that the role gives. Once more changes nothing.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held'],
    404: ['auth.guest.not_found', 'auth.role.not_found'],
  })
  @ApiNoContentResponse({ description: 'The guest has the role.' })
  @HttpCode(204)
  @Put(':userId/roles/:roleId')
  assign(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('userId', { schema: UserId }) userId: string,
    @Param('roleId', { schema: RoleId }) roleId: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    return this.write(response, new SetGuestRole(ctx, caller, { userId, roleId, has: true }));
  }

  @RequirePermission('auth.guests.assign')
  @ApiOperation({
    summary: 'Take a role from a guest',
    description: 'Whoever does must hold all that the role gives. Once more changes nothing.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held'],
    404: ['auth.guest.not_found', 'auth.role.not_found'],
  })
  @ApiNoContentResponse({ description: 'The guest does not have the role.' })
  @HttpCode(204)
  @Delete(':userId/roles/:roleId')
  revoke(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('userId', { schema: UserId }) userId: string,
    @Param('roleId', { schema: RoleId }) roleId: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    return this.write(response, new SetGuestRole(ctx, caller, { userId, roleId, has: false }));
  }

  private async write(response: AnyResponse, command: SetGuestRole): Promise<void> {
    answerPosition(response, await this.commandBus.execute(command));
  }
}
