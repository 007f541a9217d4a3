import { answerWritten } from '@acci/event-store';
import {
  type AnyResponse,
  ApiProblems,
  Ctx,
  EventStream,
  IfMatch,
  LastEventId,
  page,
  type Page,
  rawResponse,
  type RequestContext,
  RequirePermission,
  Returns,
  setETag,
  ShownOnce,
  type StreamSource,
} from '@acci/rest';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../access/authenticator.js';
import { Caller } from '../access/caller.decorator.js';
import {
  ApiKeyId,
  ApiKeyPage,
  ApiKeyResponse,
  ChangeApiKeyRequest,
  CreateApiKeyRequest,
  CreatedApiKeyResponse,
  ListApiKeysQuery,
  RotateApiKeyRequest,
} from './api-key.schemas.js';
import { FollowApiKeys } from './api-keys/follow-api-keys.query.js';
import { GetApiKey } from './api-keys/get-api-key.query.js';
import { ListApiKeys } from './api-keys/list-api-keys.query.js';
import { ChangeApiKey } from './commands/change-api-key.command.js';
import { CreateApiKey } from './commands/create-api-key.command.js';
import { RevokeApiKey } from './commands/revoke-api-key.command.js';
import { RotateApiKey } from './commands/rotate-api-key.command.js';

@ApiTags('API keys')
@Controller({ path: 'api-keys', version: '1' })
export class ApiKeyController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @ShownOnce('key')
  @RequirePermission('auth.api_keys.create')
  @ApiOperation({
    summary: 'Create an API key',
    description:
      'The answer shows the key, this once. Nobody can give permissions that they do not hold, or make a key that outlives their own.',
  })
  @ApiProblems({
    403: [
      'auth.permission.missing',
      'auth.permission.not_held',
      'auth.api_key.outlives_creator',
      'auth.api_key.ranges_wider',
    ],
    422: ['auth.permission.unknown', 'auth.api_key.not_platform', 'auth.api_key.expiry_past'],
  })
  @Returns(CreatedApiKeyResponse, { status: 201, description: 'The new key, with its secret.' })
  async create(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Body({ schema: CreateApiKeyRequest }) body: CreateApiKeyRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<CreatedApiKeyResponse> {
    const { expiresAt, ...rest } = body;
    const wish = { ...rest, expiresAt: expiresAt ? new Date(expiresAt) : undefined };
    const { key, ...written } = await this.commands.execute(new CreateApiKey(ctx, caller, wish));
    const created = await this.queries.execute(new GetApiKey(ctx, written.streamId));
    rawResponse(response).setHeader('Location', `/v1/api-keys/${written.streamId}`);
    answerWritten(response, written);
    return { ...created, key };
  }

  @Get()
  @RequirePermission('auth.api_keys.read')
  @ApiOperation({ summary: 'List API keys', description: 'Newest first, with those that were revoked.' })
  @Returns(ApiKeyPage, { description: 'A page of keys, without their secrets.' })
  async list(
    @Ctx() ctx: RequestContext,
    @Query({ schema: ListApiKeysQuery }) query: ListApiKeysQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<ApiKeyResponse>> {
    const { items, next } = await this.queries.execute(new ListApiKeys(ctx, query));
    return page(response, items, next);
  }

  @Get('stream')
  @RequirePermission('auth.api_keys.read')
  @ApiOperation({
    summary: 'Follow API keys',
    description:
      'Each key as it is when it is made, changed, rotated or revoked, as server-sent events. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @EventStream(ApiKeyResponse, { description: 'The stream: one of these in each message.' })
  follow(
    @Ctx() ctx: RequestContext,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<ApiKeyResponse>> {
    return this.queries.execute(new FollowApiKeys(ctx, lastEventId));
  }

  @Get(':id')
  @RequirePermission('auth.api_keys.read')
  @ApiOperation({ summary: 'Get an API key' })
  @ApiProblems({ 404: ['auth.api_key.not_found'] })
  @Returns(ApiKeyResponse, { description: 'The key, without its secret.' })
  async get(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: ApiKeyId }) id: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<ApiKeyResponse> {
    const key = await this.queries.execute(new GetApiKey(ctx, id));
    setETag(response, key.version);
    return key;
  }

  @Patch(':id')
  @RequirePermission('auth.api_keys.change')
  @ApiOperation({
    summary: 'Change an API key',
    description:
      'What it is called, and the networks that it is good from: none is from anywhere. Those only who may do all that the key may can change, and nobody whose own key is bound can go beyond that.',
  })
  @ApiProblems({
    403: ['auth.permission.missing', 'auth.permission.not_held', 'auth.api_key.ranges_wider'],
    404: ['auth.api_key.not_found'],
    409: ['auth.api_key.revoked', 'auth.api_key.configured'],
  })
  @Returns(ApiKeyResponse, { description: 'The key as it is now.' })
  async change(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: ApiKeyId }) id: string,
    @Body({ schema: ChangeApiKeyRequest }) changes: ChangeApiKeyRequest,
    @IfMatch() expectedVersion: number | undefined,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<ApiKeyResponse> {
    const command = new ChangeApiKey(ctx, caller, { id, expectedVersion, changes });
    answerWritten(response, await this.commands.execute(command));
    return this.queries.execute(new GetApiKey(ctx, id));
  }

  @Post(':id/rotate')
  @ShownOnce('key')
  @RequirePermission('auth.api_keys.rotate')
  @ApiOperation({
    summary: 'Rotate an API key',
    description:
      'The same key gets another secret, which the answer shows, this once. The secret before goes on working for the overlap. Only who may do all that the key may can do that.',
  })
  @ApiProblems({
    403: [
      'auth.permission.missing',
      'auth.permission.not_held',
      'auth.api_key.outlives_creator',
      'auth.api_key.ranges_wider',
    ],
    404: ['auth.api_key.not_found'],
    409: [
      'auth.api_key.rotating',
      'auth.api_key.revoked',
      'auth.api_key.expired',
      'auth.api_key.owner_kept_out',
      'auth.api_key.configured',
    ],
  })
  @Returns(CreatedApiKeyResponse, { description: 'The key, with its new secret.' })
  async rotate(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: ApiKeyId }) id: string,
    @Body({ schema: RotateApiKeyRequest }) body: RotateApiKeyRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<CreatedApiKeyResponse> {
    const { key, ...written } = await this.commands.execute(new RotateApiKey(ctx, caller, { ...body, id }));
    answerWritten(response, written);
    return { ...(await this.queries.execute(new GetApiKey(ctx, id))), key };
  }

  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('auth.api_keys.revoke')
  @ApiOperation({
    summary: 'Revoke an API key',
    description: 'Within a second nobody gets in with it. To revoke it once more changes nothing.',
  })
  @ApiProblems({
    404: ['auth.api_key.not_found'],
    409: ['auth.api_key.last_operator', 'auth.api_key.configured'],
  })
  @ApiNoContentResponse({ description: 'The key is revoked.' })
  async revoke(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: ApiKeyId }) id: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    answerWritten(response, await this.commands.execute(new RevokeApiKey(ctx, id)));
  }
}
