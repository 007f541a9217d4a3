import { type AppendResult, answerWritten } from '@acci/event-store';
import {
  type AnyResponse,
  ApiProblems,
  Ctx,
  IfMatch,
  page,
  type Page,
  rawResponse,
  type RequestContext,
  RequirePermission,
  Returns,
  setETag,
} from '@acci/rest';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { type Command, CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import { RefusedToImpersonators } from '../access/refused-to-impersonators.js';
import { ChangeServiceAccount } from './commands/change-service-account.command.js';
import { CreateServiceAccount } from './commands/create-service-account.command.js';
import { DeleteServiceAccount } from './commands/delete-service-account.command.js';
import { DisableServiceAccount } from './commands/disable-service-account.command.js';
import { EnableServiceAccount } from './commands/enable-service-account.command.js';
import {
  ChangeServiceAccountRequest,
  CreateServiceAccountRequest,
  ListServiceAccountsQuery,
  ServiceAccountId,
  ServiceAccountPage,
  ServiceAccountResponse,
  ServiceAccountWritten,
} from './service-account.schemas.js';
import { GetServiceAccount } from './service-accounts/get-service-account.query.js';
import { ListServiceAccounts } from './service-accounts/list-service-accounts.query.js';

/** The service accounts of a tenant: `/v1/service-accounts`. */
@ApiTags('Service accounts')
@Controller({ path: 'service-accounts', version: '1' })
export class ServiceAccountController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
  ) {}

  @RequirePermission('auth.service_accounts.create')
  @ApiOperation({
    summary: 'Create a service account',
    description:
      'It can log in once it has a secret or a public key. Nobody can give it what they do not hold.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held'],
    409: ['auth.service_account.name_taken'],
    422: ['auth.permission.unknown', 'auth.service_account.not_platform'],
  })
  @Returns(ServiceAccountWritten, { status: 201, description: 'The service account is there.' })
  @Post()
  async create(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Body({ schema: CreateServiceAccountRequest }) body: CreateServiceAccountRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<ServiceAccountWritten> {
    const created = await this.commandBus.execute(new CreateServiceAccount(ctx, caller, body));
    rawResponse(response).setHeader('Location', `/v1/service-accounts/${created.streamId}`);
    return answerWritten(response, created);
  }

  @RequirePermission('auth.service_accounts.read')
  @ApiOperation({ summary: 'List service accounts', description: 'Filtered, sorted, a page at a time.' })
  @Returns(ServiceAccountPage, { description: 'A page of service accounts.' })
  @Get()
  async list(
    @Ctx() ctx: RequestContext,
    @Query({ schema: ListServiceAccountsQuery }) query: ListServiceAccountsQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<ServiceAccountResponse>> {
    const { items, next } = await this.queryBus.execute(new ListServiceAccounts(ctx, query));
    return page(response, items, next);
  }

  @RequirePermission('auth.service_accounts.read')
  @ApiOperation({ summary: 'Get a service account' })
  @ApiProblems({ 404: ['auth.service_account.not_found'] })
  @Returns(ServiceAccountResponse, { description: 'The service account.' })
  @Get(':id')
  async get(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: ServiceAccountId }) id: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<ServiceAccountResponse> {
    const account = await this.queryBus.execute(new GetServiceAccount(ctx, id));
    setETag(response, account.version);
    return account;
  }

  @RequirePermission('auth.service_accounts.change')
  @ApiOperation({
    summary: 'Change a service account',
    description: 'Whoever gives it more must hold that. Its access tokens lose at once what it loses.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held'],
    404: ['auth.service_account.not_found'],
    409: ['auth.service_account.name_taken'],
    422: ['auth.permission.unknown', 'auth.service_account.not_platform'],
  })
  @Returns(ServiceAccountWritten, { description: 'The service account is as was asked for.' })
  @Patch(':id')
  async change(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: ServiceAccountId }) id: string,
    @Body({ schema: ChangeServiceAccountRequest }) changes: ChangeServiceAccountRequest,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<ServiceAccountWritten> {
    return this.write(response, new ChangeServiceAccount(ctx, caller, { id, expectedVersion, changes }));
  }

  @RequirePermission('auth.service_accounts.disable')
  @ApiOperation({
    operationId: 'serviceAccountDisable',
    summary: 'Disable a service account',
    description: 'Within a second its access tokens and API keys open nothing, and it gets no others.',
  })
  @ApiProblems({
    404: ['auth.service_account.not_found'],
    409: ['auth.service_account.already_disabled'],
  })
  @Returns(ServiceAccountWritten, { description: 'The service account is disabled.' })
  @Post(':id/disable')
  disable(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: ServiceAccountId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<ServiceAccountWritten> {
    return this.write(response, new DisableServiceAccount(ctx, { id, expectedVersion }));
  }

  @RequirePermission('auth.service_accounts.disable')
  @RefusedToImpersonators()
  @ApiOperation({
    operationId: 'serviceAccountEnable',
    summary: 'Enable a service account',
    description: 'It can log in again with what it has, for new access tokens.',
  })
  @ApiProblems({ 404: ['auth.service_account.not_found'], 409: ['auth.service_account.not_disabled'] })
  @Returns(ServiceAccountWritten, { description: 'The service account is enabled.' })
  @Post(':id/enable')
  enable(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: ServiceAccountId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<ServiceAccountWritten> {
    return this.write(response, new EnableServiceAccount(ctx, { id, expectedVersion }));
  }

  @RequirePermission('auth.service_accounts.delete')
  @ApiOperation({
    summary: 'Delete a service account',
    description: 'For good, with all that it could log in with.',
  })
  @ApiProblems({ 404: ['auth.service_account.not_found'] })
  @ApiNoContentResponse({ description: 'The service account is gone.' })
  @HttpCode(204)
  @Delete(':id')
  async delete(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: ServiceAccountId }) id: string,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    await this.write(response, new DeleteServiceAccount(ctx, { id, expectedVersion }));
  }

  private async write(response: AnyResponse, command: Command<AppendResult>): Promise<ServiceAccountWritten> {
    return answerWritten(response, await this.commandBus.execute(command));
  }
}
