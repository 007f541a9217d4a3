import { type Context, answerWritten } from '@acci/event-store';
import {
  ApiProblems,
  Ctx,
  IfMatch,
  page,
  pageQuery,
  rawResponse,
  RequirePermission,
  Returns,
  setETag,
  type AnyResponse,
  type Page,
} from '@acci/rest';
import { Body, Controller, Get, Param, Patch, Post, Query, Res, UseGuards } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { PlatformTenantGuard } from '../platform-tenant.guard.js';
import { ChangeTenant } from './commands/change-tenant.command.js';
import { CreateTenant } from './commands/create-tenant.command.js';
import { GetTenant } from './tenant-directory/get-tenant.query.js';
import { ListTenants } from './tenant-directory/list-tenants.query.js';
import { GetTenantErasure } from './tenant-erasure/get-tenant-erasure.query.js';
import { TenantErasureResponse } from './tenant-erasure/tenant-erasure.schemas.js';
import { GetTenantHistory } from './tenant-history/get-tenant-history.query.js';
import {
  ChangeTenantRequest,
  CreateTenantRequest,
  ListTenantsQuery,
  TenantHistoryPage,
  TenantId,
  TenantPage,
  TenantResponse,
  TenantWritten,
  type TenantHistoryItem,
} from './tenant.schemas.js';

const HistoryQuery = pageQuery();

/** Tenants, for those who run the platform: `/v1/tenants`. */
@ApiTags('Tenants')
@UseGuards(PlatformTenantGuard)
@Controller({ path: 'tenants', version: '1' })
export class TenantController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
  ) {}

  @RequirePermission('tenancy.tenants.create')
  @ApiOperation({ summary: 'Make a tenant', description: 'Its slug must be free; it is never changed.' })
  @ApiProblems({
    409: ['tenancy.slug.taken', 'tenancy.parent.awaits_deletion', 'tenancy.hierarchy.too_deep'],
    422: [
      'tenancy.slug.reserved',
      'tenancy.plan.unknown',
      'tenancy.region.unknown',
      'tenancy.settings.invalid',
      'tenancy.parent.not_found',
    ],
  })
  @Returns(TenantWritten, { status: 201, description: 'The tenant was made.' })
  @Post()
  async create(
    @Ctx() ctx: Context,
    @Body({ schema: CreateTenantRequest }) body: CreateTenantRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<TenantWritten> {
    const created = await this.commandBus.execute(new CreateTenant(ctx, body));
    rawResponse(response).setHeader('Location', `/v1/tenants/${created.streamId}`);
    return answerWritten(response, created);
  }

  @RequirePermission('tenancy.tenants.read')
  @ApiOperation({ summary: 'List tenants', description: 'Filtered, sorted, a page at a time.' })
  @Returns(TenantPage, { description: 'A page of tenants.' })
  @Get()
  async list(
    @Ctx() ctx: Context,
    @Query({ schema: ListTenantsQuery }) query: ListTenantsQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<TenantResponse>> {
    const { items, next } = await this.queryBus.execute(new ListTenants(ctx, query));
    return page(response, items, next);
  }

  @RequirePermission('tenancy.tenants.read')
  @ApiOperation({ summary: 'Get a tenant' })
  @ApiProblems({ 404: ['tenancy.tenant.not_found'] })
  @Returns(TenantResponse, { description: 'The tenant.' })
  @Get(':id')
  async get(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<TenantResponse> {
    const tenant = await this.queryBus.execute(new GetTenant(ctx, id));
    setETag(response, tenant.version);
    return tenant;
  }

  @RequirePermission('tenancy.tenants.change')
  @ApiOperation({
    summary: 'Change a tenant',
    description: 'Everything that is named, or, if refused, nothing.',
  })
  @ApiProblems({
    404: ['tenancy.tenant.not_found'],
    409: ['tenancy.tenant.awaits_deletion'],
    422: ['tenancy.plan.unknown', 'tenancy.region.unknown', 'tenancy.settings.invalid'],
  })
  @Returns(TenantWritten, { description: 'The tenant is as was asked for.' })
  @Patch(':id')
  async change(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
    @Body({ schema: ChangeTenantRequest }) body: ChangeTenantRequest,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<TenantWritten> {
    const changed = await this.commandBus.execute(new ChangeTenant(ctx, { id, ...body, expectedVersion }));
    return answerWritten(response, changed);
  }

  @RequirePermission('tenancy.tenants.read')
  @ApiOperation({
    summary: 'Read a tenant’s history',
    description: 'What happened to it, oldest first. Of a purged tenant only that it was purged.',
  })
  @ApiProblems({ 404: ['tenancy.tenant.not_found'] })
  @Returns(TenantHistoryPage, { description: 'A page of the history.' })
  @Get(':id/history')
  async history(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
    @Query({ schema: HistoryQuery }) query: z.output<typeof HistoryQuery>,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<TenantHistoryItem>> {
    const { items, next } = await this.queryBus.execute(new GetTenantHistory(ctx, id, query));
    return page(response, items, next);
  }

  @RequirePermission('tenancy.tenants.read')
  @ApiOperation({ summary: 'Get the receipt of a purged tenant’s erasure' })
  @ApiProblems({ 404: ['tenancy.erasure.not_found'] })
  @Returns(TenantErasureResponse, { description: 'The receipt, as far as the erasure is.' })
  @Get(':id/erasure')
  erasure(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
  ): Promise<TenantErasureResponse> {
    return this.queryBus.execute(new GetTenantErasure(ctx, id));
  }
}
