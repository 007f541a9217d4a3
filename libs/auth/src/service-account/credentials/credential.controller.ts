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
  ShownOnce,
  type StreamSource,
} from '@acci/rest';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../../access/authenticator.js';
import { Caller } from '../../access/caller.decorator.js';
import { clientIdOf } from '../client-id.js';
import { ServiceAccountId } from '../service-account.schemas.js';
import { AddClientSecret } from './add-client-secret.command.js';
import { AddPublicKey } from './add-public-key.command.js';
import {
  AddClientSecretRequest,
  AddedClientSecretResponse,
  AddedPublicKeyResponse,
  AddPublicKeyRequest,
  CredentialId,
  ServiceAccountCredentialResponse,
  ServiceAccountCredentialsResponse,
} from './credential.schemas.js';
import { FollowServiceAccountCredentials } from './follow-credentials.query.js';
import { ListServiceAccountCredentials } from './list-credentials.query.js';
import { RevokeServiceAccountCredential } from './revoke-credential.command.js';

/** What service accounts log in with: `/v1/service-accounts/{id}/…`. */
@ApiTags('Service accounts')
@Controller({ path: 'service-accounts/:id', version: '1' })
export class CredentialController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
  ) {}

  @RequirePermission('auth.service_account_credentials.create')
  @ShownOnce('clientSecret')
  @ApiOperation({
    operationId: 'serviceAccountAddSecret',
    summary: 'Add a client secret',
    description:
      'The answer shows it, this once. The account may have several, so that one takes another’s place without a break. Only who may do all that the account may can do that.',
  })
  @ApiProblems({
    403: [
      'auth.permission.missing',
      'auth.permission.not_held',
      'auth.api_key.outlives_creator',
      'auth.api_key.ranges_wider',
    ],
    404: ['auth.service_account.not_found'],
    409: ['auth.service_account.disabled', 'auth.service_account.too_many_credentials'],
    422: ['auth.service_account.expiry_past'],
  })
  @Returns(AddedClientSecretResponse, { description: 'The new secret.' })
  @Post('secrets')
  async addSecret(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: ServiceAccountId }) id: string,
    @Body({ schema: AddClientSecretRequest }) { name, expiresAt }: AddClientSecretRequest,
  ): Promise<AddedClientSecretResponse> {
    const wish = { id, name, expiresAt: expiresAt ? new Date(expiresAt) : undefined };
    const { credentialId, clientSecret } = await this.commandBus.execute(
      new AddClientSecret(ctx, caller, wish),
    );
    return { id: credentialId, clientId: clientIdOf({ ...ctx, accountId: id }), clientSecret };
  }

  @RequirePermission('auth.service_account_credentials.create')
  @ApiOperation({
    operationId: 'serviceAccountAddPublicKey',
    summary: 'Add a public key',
    description:
      'The account logs in with assertions that are signed with the private key, which stays where it is. Only who may do all that the account may can do that.',
  })
  @ApiProblems({
    403: [
      'auth.permission.missing',
      'auth.permission.not_held',
      'auth.api_key.outlives_creator',
      'auth.api_key.ranges_wider',
    ],
    404: ['auth.service_account.not_found'],
    409: [
      'auth.service_account.disabled',
      'auth.service_account.too_many_credentials',
      'auth.service_account.key_known',
    ],
    422: ['auth.service_account.expiry_past', 'auth.service_account.key_unusable'],
  })
  @Returns(AddedPublicKeyResponse, { description: 'The key was added.' })
  @Post('public-keys')
  async addPublicKey(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: ServiceAccountId }) id: string,
    @Body({ schema: AddPublicKeyRequest }) { expiresAt, ...body }: AddPublicKeyRequest,
  ): Promise<AddedPublicKeyResponse> {
    const wish = { ...body, id, expiresAt: expiresAt ? new Date(expiresAt) : undefined };
    const { credentialId, keyId } = await this.commandBus.execute(new AddPublicKey(ctx, caller, wish));
    return { id: credentialId, clientId: clientIdOf({ ...ctx, accountId: id }), keyId };
  }

  @RequirePermission('auth.service_account_credentials.read')
  @ApiOperation({
    operationId: 'serviceAccountListCredentials',
    summary: 'List secrets and public keys',
    description: 'Oldest first; there are ten at most. No secret is shown.',
  })
  @ApiProblems({ 404: ['auth.service_account.not_found'] })
  @Returns(ServiceAccountCredentialsResponse, { description: 'What the account can log in with.' })
  @Get('credentials')
  async list(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: ServiceAccountId }) id: string,
  ): Promise<ServiceAccountCredentialsResponse> {
    return { items: await this.queryBus.execute(new ListServiceAccountCredentials(ctx, id)) };
  }

  @RequirePermission('auth.service_account_credentials.read')
  @ApiOperation({
    operationId: 'serviceAccountFollowCredentials',
    summary: 'Follow secrets and public keys',
    description:
      'Each when it is added, as server-sent events, and a message `removed` with its `id` when it is revoked. No secret is shown. The stream ends with the account. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @ApiProblems({ 404: ['auth.service_account.not_found'] })
  @EventStream(ServiceAccountCredentialResponse, { description: 'The stream: one of these in each message.' })
  @Get('credentials/stream')
  follow(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: ServiceAccountId }) id: string,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<ServiceAccountCredentialResponse>> {
    return this.queryBus.execute(new FollowServiceAccountCredentials(ctx, id, lastEventId));
  }

  @RequirePermission('auth.service_account_credentials.revoke')
  @ApiOperation({
    operationId: 'serviceAccountRevokeCredential',
    summary: 'Revoke a secret or public key',
    description:
      'Within a second it opens nothing, nor do the access tokens that came of it. One that is not there changes nothing.',
  })
  @ApiProblems({ 404: ['auth.service_account.not_found'] })
  @ApiNoContentResponse({ description: 'The credential is revoked.' })
  @HttpCode(204)
  @Delete('credentials/:credentialId')
  async revoke(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: ServiceAccountId }) id: string,
    @Param('credentialId', { schema: CredentialId }) credentialId: string,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<void> {
    const revoked = await this.commandBus.execute(
      new RevokeServiceAccountCredential(ctx, { id, credentialId }),
    );
    answerPosition(response, revoked);
  }
}
