import { type AppendResult, type Context, answerWritten } from '@acci/event-store';
import {
  ApiProblems,
  Ctx,
  IfMatch,
  rawResponse,
  RequirePermission,
  Returns,
  type AnyResponse,
} from '@acci/rest';
import { Body, Controller, Delete, Param, Post, Query, Res, UseGuards } from '@nestjs/common';
import { CommandBus, type Command } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { PlatformTenantGuard } from '../platform-tenant.guard.js';
import { CancelTenantDeletion } from './commands/cancel-tenant-deletion.command.js';
import { MoveTenant } from './commands/move-tenant.command.js';
import { PurgeTenant } from './commands/purge-tenant.command.js';
import { ReactivateTenant } from './commands/reactivate-tenant.command.js';
import { ScheduleTenantDeletion } from './commands/schedule-tenant-deletion.command.js';
import { SuspendTenant } from './commands/suspend-tenant.command.js';
import {
  DeleteTenantQuery,
  MoveTenantRequest,
  SuspendTenantRequest,
  TenantId,
  TenantWritten,
} from './tenant.schemas.js';

/** What becomes of a tenant: `/v1/tenants/{id}/…`, and its deletion. */
@ApiTags('Tenants')
@UseGuards(PlatformTenantGuard)
@Controller({ path: 'tenants/:id', version: '1' })
export class TenantLifeController {
  constructor(private readonly commandBus: CommandBus) {}

  @RequirePermission('tenancy.tenants.suspend')
  @ApiOperation({
    operationId: 'tenantSuspend',
    summary: 'Suspend a tenant',
    description: 'Its requests are refused with `tenancy.tenant.suspended`, everywhere within a second.',
  })
  @ApiProblems({
    404: ['tenancy.tenant.not_found'],
    409: ['tenancy.tenant.already_suspended', 'tenancy.tenant.awaits_deletion'],
  })
  @Returns(TenantWritten, { description: 'The tenant is suspended.' })
  @Post('suspend')
  suspend(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
    @Body({ schema: SuspendTenantRequest }) { reason }: SuspendTenantRequest,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<TenantWritten> {
    return this.write(response, new SuspendTenant(ctx, { id, reason, expectedVersion }));
  }

  @RequirePermission('tenancy.tenants.suspend')
  @ApiOperation({ operationId: 'tenantReactivate', summary: 'Serve a suspended tenant again' })
  @ApiProblems({
    404: ['tenancy.tenant.not_found'],
    409: ['tenancy.tenant.not_suspended', 'tenancy.tenant.awaits_deletion'],
  })
  @Returns(TenantWritten, { description: 'The tenant is active.' })
  @Post('reactivate')
  reactivate(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<TenantWritten> {
    return this.write(response, new ReactivateTenant(ctx, { id, expectedVersion }));
  }

  @RequirePermission('tenancy.tenants.move')
  @ApiOperation({
    operationId: 'tenantMove',
    summary: 'Move a tenant',
    description: 'Below another one or to the top, with all those below it.',
  })
  @ApiProblems({
    404: ['tenancy.tenant.not_found'],
    409: [
      'tenancy.hierarchy.cycle',
      'tenancy.hierarchy.too_deep',
      'tenancy.parent.awaits_deletion',
      'tenancy.tenant.awaits_deletion',
    ],
    422: ['tenancy.parent.not_found'],
  })
  @Returns(TenantWritten, { description: 'The tenant is where it was to be.' })
  @Post('move')
  move(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
    @Body({ schema: MoveTenantRequest }) { parentId }: MoveTenantRequest,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<TenantWritten> {
    return this.write(response, new MoveTenant(ctx, { id, parentId, expectedVersion }));
  }

  @RequirePermission('tenancy.tenants.delete')
  @ApiOperation({
    operationId: 'tenantDelete',
    summary: 'Schedule the deletion of a tenant',
    description:
      'Refuses its requests at once, and purges it when the grace period is over, unless it is restored.',
  })
  @ApiProblems({
    404: ['tenancy.tenant.not_found'],
    409: ['tenancy.tenant.awaits_deletion', 'tenancy.tenant.has_children'],
  })
  @Returns(TenantWritten, { status: 202, description: 'The deletion is scheduled.' })
  @Delete()
  delete(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
    @Query({ schema: DeleteTenantQuery }) { gracePeriodDays, reason }: DeleteTenantQuery,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<TenantWritten> {
    return this.write(
      response,
      new ScheduleTenantDeletion(ctx, { id, gracePeriodDays, reason, expectedVersion }),
    );
  }

  @RequirePermission('tenancy.tenants.delete')
  @ApiOperation({
    operationId: 'tenantRestore',
    summary: 'Restore a tenant',
    description: 'Calls its deletion off; it is as it was before.',
  })
  @ApiProblems({
    404: ['tenancy.tenant.not_found'],
    409: ['tenancy.tenant.not_awaiting_deletion', 'tenancy.parent.awaits_deletion'],
  })
  @Returns(TenantWritten, { description: 'The deletion is off.' })
  @Post('restore')
  restore(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<TenantWritten> {
    return this.write(response, new CancelTenantDeletion(ctx, { id, expectedVersion }));
  }

  @RequirePermission('tenancy.tenants.purge')
  @ApiOperation({
    operationId: 'tenantPurge',
    summary: 'Purge a tenant whose grace period is over',
    description:
      'For good. Every row of it is erased; `Location` has the receipt. Without this call it happens anyway.',
  })
  @ApiProblems({
    404: ['tenancy.tenant.not_found'],
    409: [
      'tenancy.tenant.not_awaiting_deletion',
      'tenancy.tenant.grace_period_running',
      'tenancy.tenant.has_children',
    ],
  })
  @Returns(TenantWritten, { status: 202, description: 'The tenant is gone, and being erased.' })
  @Post('purge')
  async purge(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<TenantWritten> {
    const purged = await this.write(response, new PurgeTenant(ctx, { id, expectedVersion }));
    rawResponse(response).setHeader('Location', `/v1/tenants/${id}/erasure`);
    return purged;
  }

  private async write(response: AnyResponse, command: Command<AppendResult>): Promise<TenantWritten> {
    return answerWritten(response, await this.commandBus.execute(command));
  }
}
