import { formatPosition } from '@acci/event-store';
import {
  type AnyResponse,
  ApiProblems,
  Ctx,
  page,
  type Page,
  type RequestContext,
  RequirePermission,
  Returns,
  setEventPosition,
} from '@acci/rest';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Controller, Delete, Get, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { RoleId } from '../role/role.schemas.js';
import { UserId } from '../user/user.schemas.js';
import { SetGuestRole } from './commands/set-guest-role.command.js';
import { GuestForeignTenant } from './guest.errors.js';
import { GuestPage, type GuestResponse, GuestTenantQuery, ListGuestsQuery } from './guest.schemas.js';
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
  @ApiProblems({ 403: ['auth.permission.missing', 'auth.guest.foreign_tenant'] })
  @Returns(GuestPage, { description: 'A page of guests.' })
  @Get()
  async list(
    @Ctx() ctx: RequestContext,
    @Query({ schema: ListGuestsQuery }) { tenantId, ...query }: ListGuestsQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<GuestResponse>> {
    const { items, next } = await this.queryBus.execute(new ListGuests(reach(ctx, tenantId), query));
    return page(response, items, next);
  }

  @RequirePermission('auth.guests.assign')
  @ApiOperation({
    summary: 'Give a guest a role',
    description:
      'To a user of a tenant above, never of one beside or below. Whoever does must hold all that the role gives. Once more changes nothing.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held', 'auth.guest.foreign_tenant'],
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
    @Query({ schema: GuestTenantQuery }) { tenantId }: GuestTenantQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    const target = reach(ctx, tenantId);
    return this.write(response, new SetGuestRole(target, caller, { userId, roleId, has: true }));
  }

  @RequirePermission('auth.guests.assign')
  @ApiOperation({
    summary: 'Take a role from a guest',
    description: 'Whoever does must hold all that the role gives. Once more changes nothing.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held', 'auth.guest.foreign_tenant'],
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
    @Query({ schema: GuestTenantQuery }) { tenantId }: GuestTenantQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    const target = reach(ctx, tenantId);
    return this.write(response, new SetGuestRole(target, caller, { userId, roleId, has: false }));
  }

  private async write(response: AnyResponse, command: SetGuestRole): Promise<void> {
    const { position } = await this.commandBus.execute(command);
    setEventPosition(response, position && formatPosition(position));
  }
}

/** The context in another tenant, which only the platform tenant may name. @throws {GuestForeignTenant} */
function reach(ctx: RequestContext, tenantId: string | undefined): RequestContext {
  if (tenantId === undefined || tenantId === ctx.tenantId) return ctx;
  if (ctx.tenantId !== PLATFORM_TENANT_ID) throw new GuestForeignTenant();
  return { ...ctx, tenantId };
}
