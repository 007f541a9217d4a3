import { answerPosition } from '@acci/event-store';
import {
  type AnyResponse,
  ApiProblems,
  Ctx,
  EventStream,
  LastEventId,
  type RequestContext,
  RequirePermission,
  Returns,
  type StreamSource,
} from '@acci/rest';
import { Controller, Delete, Get, HttpCode, Param, Put, Res, type Type } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { SetRole } from './commands/set-role.command.js';
import { FollowHeldRoles } from './role-assignments/follow-held-roles.query.js';
import { GetHeldRoles } from './role-assignments/get-held-roles.query.js';
import type { Principal } from './role-holders.js';
import { HeldRolesResponse, RoleId } from './role.schemas.js';

/** Whose roles a controller is for. */
interface HolderPath {
  readonly type: Principal['type'];
  /** Where they are, such as `users`. */
  readonly path: string;
  /** What they are called, such as `a user`. */
  readonly noun: string;
  readonly tag: string;
  /** How an operation's id begins. */
  readonly id: string;
  readonly read: string;
  readonly notFound: string;
  /** Why such a role cannot be had or taken. */
  readonly refusals: readonly string[];
}

/** The roles of whoever can have some: `/v1/users/{id}/roles` and its like. */
function heldRolesController({ type, path, noun, tag, id, read, notFound, refusals }: HolderPath): Type {
  const PrincipalId = z
    .uuid()
    .toLowerCase()
    .meta({ description: `The id of ${noun}.`, examples: ['019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f'] });

  const refused: Record<number, readonly string[]> = {
    403: ['auth.permission.missing', 'auth.permission.not_held'],
    404: [notFound, 'auth.role.not_found'],
  };

  @ApiTags(tag)
  @Controller({ path: `${path}/:id/roles`, version: '1' })
  class HeldRolesController {
    constructor(
      private readonly commandBus: CommandBus,
      private readonly queryBus: QueryBus,
    ) {}

    @RequirePermission(read)
    @ApiOperation({ operationId: `${id}RoleList`, summary: `List the roles of ${noun}` })
    @ApiProblems({ 404: [notFound] })
    @Returns(HeldRolesResponse, { description: 'The roles.' })
    @Get()
    list(
      @Ctx() ctx: RequestContext,
      @Param('id', { schema: PrincipalId }) principalId: string,
    ): Promise<HeldRolesResponse> {
      return this.queryBus.execute(new GetHeldRoles(ctx, { type, id: principalId }));
    }

    @RequirePermission(read)
    @ApiOperation({
      operationId: `${id}RoleFollow`,
      summary: `Follow the roles of ${noun}`,
      description:
        'All of the roles as they are, whenever they may have changed, as server-sent events: each message is what the list answers. The stream ends when there is nobody any more whose roles they are. A client that was cut off goes on with `Last-Event-ID`.',
    })
    @ApiProblems({ 404: [notFound] })
    @EventStream(HeldRolesResponse, { description: 'The stream: all of the roles in each message.' })
    @Get('stream')
    follow(
      @Ctx() ctx: RequestContext,
      @Param('id', { schema: PrincipalId }) principalId: string,
      @LastEventId() lastEventId: string | undefined,
    ): Promise<StreamSource<HeldRolesResponse>> {
      return this.queryBus.execute(new FollowHeldRoles(ctx, { type, id: principalId }, lastEventId));
    }

    @RequirePermission('auth.roles.assign')
    @ApiOperation({
      operationId: `${id}RoleAssign`,
      summary: `Give ${noun} a role`,
      description: 'Whoever does must hold all that the role gives. Once more changes nothing.',
    })
    @ApiProblems(refusals.length > 0 ? { ...refused, 409: refusals } : refused)
    @ApiNoContentResponse({ description: 'They have the role.' })
    @HttpCode(204)
    @Put(':roleId')
    assign(
      @Ctx() ctx: RequestContext,
      @Caller() caller: Identity,
      @Param('id', { schema: PrincipalId }) principalId: string,
      @Param('roleId', { schema: RoleId }) roleId: string,
      @Res({ passthrough: true }) response: AnyResponse,
    ): Promise<void> {
      const principal = { type, id: principalId };
      return this.write(response, new SetRole(ctx, caller, { principal, roleId, has: true }));
    }

    @RequirePermission('auth.roles.assign')
    @ApiOperation({
      operationId: `${id}RoleRevoke`,
      summary: `Take a role from ${noun}`,
      description: 'Whoever does must hold all that the role gives. Once more changes nothing.',
    })
    @ApiProblems({ ...refused, 409: ['auth.tenant.last_owner', ...refusals] })
    @ApiNoContentResponse({ description: 'They do not have the role.' })
    @HttpCode(204)
    @Delete(':roleId')
    revoke(
      @Ctx() ctx: RequestContext,
      @Caller() caller: Identity,
      @Param('id', { schema: PrincipalId }) principalId: string,
      @Param('roleId', { schema: RoleId }) roleId: string,
      @Res({ passthrough: true }) response: AnyResponse,
    ): Promise<void> {
      const principal = { type, id: principalId };
      return this.write(response, new SetRole(ctx, caller, { principal, roleId, has: false }));
    }

    private async write(response: AnyResponse, command: SetRole): Promise<void> {
      answerPosition(response, await this.commandBus.execute(command));
    }
  }
  return HeldRolesController;
}

/** A controller for each kind of principal. */
export const heldRolesControllers = [
  heldRolesController({
    type: 'user',
    path: 'users',
    noun: 'a user',
    tag: 'Users',
    id: 'user',
    read: 'auth.users.read',
    notFound: 'auth.user.not_found',
    refusals: [],
  }),
  heldRolesController({
    type: 'group',
    path: 'groups',
    noun: 'a group',
    tag: 'Access',
    id: 'group',
    read: 'auth.groups.read',
    notFound: 'auth.group.not_found',
    refusals: [],
  }),
  heldRolesController({
    type: 'api_key',
    path: 'api-keys',
    noun: 'an API key',
    tag: 'API keys',
    id: 'apiKey',
    read: 'auth.api_keys.read',
    notFound: 'auth.api_key.not_found',
    refusals: ['auth.api_key.configured', 'auth.api_key.revoked'],
  }),
  heldRolesController({
    type: 'service_account',
    path: 'service-accounts',
    noun: 'a service account',
    tag: 'Service accounts',
    id: 'serviceAccount',
    read: 'auth.service_accounts.read',
    notFound: 'auth.service_account.not_found',
    refusals: [],
  }),
];
