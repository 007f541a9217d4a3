import { type AppendResult, answerWritten } from '@acci/event-store';
import {
  type AnyResponse,
  ApiProblems,
  Ctx,
  IfMatch,
  type RequestContext,
  RequirePermission,
  Returns,
} from '@acci/rest';
import { Body, Controller, Delete, HttpCode, Param, Post, Res } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { RefusedToImpersonators } from '../access/refused-to-impersonators.js';
import { DeactivateUser } from './commands/deactivate-user.command.js';
import { DeleteUser } from './commands/delete-user.command.js';
import { LockUser } from './commands/lock-user.command.js';
import { ReactivateUser } from './commands/reactivate-user.command.js';
import { UnlockUser } from './commands/unlock-user.command.js';
import { LockUserRequest, UserId, UserWritten } from './user.schemas.js';

/** Whoever does it must hold all that the user holds. */
const refused = {
  403: ['auth.permission.missing', 'auth.permission.not_held'],
  404: ['auth.user.not_found'],
};

/** What becomes of a user: `/v1/users/{id}/…`, and their deletion. */
@ApiTags('Users')
@Controller({ path: 'users/:id', version: '1' })
export class UserLifeController {
  constructor(private readonly commandBus: CommandBus) {}

  @RequirePermission('auth.users.deactivate')
  @ApiOperation({
    operationId: 'userDeactivate',
    summary: 'Deactivate a user',
    description: 'They cannot log in any more, until they are reactivated.',
  })
  @ApiProblems({
    ...refused,
    409: ['auth.user.already_deactivated', 'auth.tenant.last_owner'],
  })
  @Returns(UserWritten, { description: 'The user is deactivated.' })
  @Post('deactivate')
  deactivate(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: UserId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<UserWritten> {
    return this.write(response, new DeactivateUser(ctx, { id, expectedVersion }, caller));
  }

  @RequirePermission('auth.users.deactivate')
  @RefusedToImpersonators()
  @ApiOperation({
    operationId: 'userReactivate',
    summary: 'Reactivate a user',
    description: 'They are what they were before: active, or invited if they had not accepted yet.',
  })
  @ApiProblems({ ...refused, 409: ['auth.user.not_deactivated'] })
  @Returns(UserWritten, { description: 'The user is what they were before.' })
  @Post('reactivate')
  reactivate(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: UserId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<UserWritten> {
    return this.write(response, new ReactivateUser(ctx, { id, expectedVersion }, caller));
  }

  @RequirePermission('auth.users.lock')
  @ApiOperation({
    operationId: 'userLock',
    summary: 'Lock a user',
    description: 'Whatever their status, they are kept out until they are unlocked.',
  })
  @ApiProblems({ ...refused, 409: ['auth.user.locked', 'auth.tenant.last_owner'] })
  @Returns(UserWritten, { description: 'The user is locked.' })
  @Post('lock')
  lock(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: UserId }) id: string,
    @Body({ schema: LockUserRequest }) { reason }: LockUserRequest,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<UserWritten> {
    return this.write(response, new LockUser(ctx, { id, reason, expectedVersion }, caller));
  }

  @RequirePermission('auth.users.lock')
  @RefusedToImpersonators()
  @ApiOperation({ operationId: 'userUnlock', summary: 'Unlock a user' })
  @ApiProblems({ ...refused, 409: ['auth.user.not_locked'] })
  @Returns(UserWritten, { description: 'The user is not locked any more.' })
  @Post('unlock')
  unlock(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: UserId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<UserWritten> {
    return this.write(response, new UnlockUser(ctx, { id, expectedVersion }, caller));
  }

  @RequirePermission('auth.users.delete')
  @ApiOperation({
    operationId: 'userDelete',
    summary: 'Delete a user',
    description:
      'For good. The person is forgotten: what events and lists say about them is gone, and their address is free again.',
  })
  @ApiProblems({ ...refused, 409: ['auth.tenant.last_owner'] })
  @ApiNoContentResponse({ description: 'The user is deleted and forgotten.' })
  @HttpCode(204)
  @Delete()
  async delete(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: UserId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    await this.write(response, new DeleteUser(ctx, { id, expectedVersion }, caller));
  }

  private async write(response: AnyResponse, command: Command<AppendResult>): Promise<UserWritten> {
    return answerWritten(response, await this.commandBus.execute(command));
  }
}
