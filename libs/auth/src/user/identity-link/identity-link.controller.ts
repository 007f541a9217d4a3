import {
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
import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../../access/authenticator.js';
import { Caller } from '../../access/caller.decorator.js';
import { userIdOf } from '../user-id-of.js';
import { AcceptIdentityLink } from './accept-identity-link.command.js';
import { FollowIdentityLinks } from './follow-identity-links.query.js';
import { IdentityLinkOffers } from './identity-link-offers.js';
import {
  IdentityLinkCreated,
  IdentityLinkId,
  IdentityLinkOfferResponse,
  IdentityLinkPreview,
  IdentityLinkResponse,
  IdentityLinksResponse,
  IdentityLinkToken,
} from './identity-link.schemas.js';
import { ListIdentityLinks } from './list-identity-links.query.js';
import { OfferIdentityLink } from './offer-identity-link.command.js';
import { RemoveIdentityLink } from './remove-identity-link.command.js';

const notAUser = ['auth.permission.missing', 'auth.caller.not_a_user'];

/** Which users of other tenants the caller is as well: `/v1/me/identity-links`. */
@ApiTags('Users')
@Controller({ path: 'me/identity-links', version: '1' })
export class IdentityLinkController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
    private readonly offers: IdentityLinkOffers,
  ) {}

  @RequirePermission('auth.me.link')
  @ApiOperation({
    summary: 'List who else you are',
    description:
      'Your users in other tenants, as far as you have linked them. Only you are told, and no operator who acts as you.',
  })
  @ApiProblems({ 403: notAUser })
  @Returns(IdentityLinksResponse, { description: 'Your links, oldest first.' })
  @Get()
  async list(@Ctx() ctx: RequestContext, @Caller() caller: Identity): Promise<IdentityLinksResponse> {
    return { items: await this.queryBus.execute(new ListIdentityLinks(ctx, userIdOf(caller))) };
  }

  @RequirePermission('auth.me.link')
  @ApiOperation({
    summary: 'Follow who else you are',
    description:
      'Each link when both sides have said so, as server-sent events, and a message `removed` with its `id` when it is taken back, from either side. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @ApiProblems({ 403: notAUser })
  @EventStream(IdentityLinkResponse, { description: 'The stream: one of these in each message.' })
  @Get('stream')
  async follow(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<IdentityLinkResponse>> {
    return this.queryBus.execute(new FollowIdentityLinks(ctx, userIdOf(caller), lastEventId));
  }

  @ShownOnce('token')
  @RequirePermission('auth.me.link')
  @ApiOperation({
    summary: 'Offer to be linked',
    description:
      'The first of two consents. Log in to the other tenant and accept with the token, within ten minutes. A link gives no right: to act in the other tenant you log in there.',
  })
  @ApiProblems({ 403: notAUser, 409: ['auth.user.not_active'] })
  @Returns(IdentityLinkOfferResponse, { status: 201, description: 'The offer. Show the token to nobody.' })
  @Post('offers')
  async offer(@Ctx() ctx: RequestContext, @Caller() caller: Identity): Promise<IdentityLinkOfferResponse> {
    const userId = userIdOf(caller);
    const { token, expiresAt } = await this.commandBus.execute(new OfferIdentityLink(ctx, { userId }));
    return { token, expiresAt: expiresAt.toISOString() };
  }

  @RequirePermission('auth.me.link')
  @ApiOperation({
    summary: 'See who offers a link',
    description: 'Accept it only if that is you. Nothing changes by looking.',
  })
  @ApiProblems({ 403: notAUser, 422: ['auth.one_time_token.invalid', 'auth.identity_link.same_tenant'] })
  @Returns(IdentityLinkPreview, { description: 'Who made the offer.' })
  @HttpCode(200)
  @Post('preview')
  async preview(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Body({ schema: IdentityLinkToken }) { token }: IdentityLinkToken,
  ): Promise<IdentityLinkPreview> {
    userIdOf(caller);
    const { tenant, account } = await this.offers.read(ctx, token);
    return { tenant, displayName: account.displayName, email: account.email };
  }

  @RequirePermission('auth.me.link')
  @ApiOperation({
    summary: 'Accept to be linked',
    description: 'The second of two consents: whoever made the offer is you as well.',
  })
  @ApiProblems({
    403: notAUser,
    409: ['auth.identity_link.exists', 'auth.user.not_active', 'auth.user.locked'],
    422: ['auth.one_time_token.invalid', 'auth.identity_link.same_tenant'],
  })
  @Returns(IdentityLinkCreated, { status: 201, description: 'The two users are linked.' })
  @Post()
  async accept(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Body({ schema: IdentityLinkToken }) { token }: IdentityLinkToken,
  ): Promise<IdentityLinkCreated> {
    const userId = userIdOf(caller);
    return { id: await this.commandBus.execute(new AcceptIdentityLink(ctx, { userId, token })) };
  }

  @RequirePermission('auth.me.link')
  @ApiOperation({
    summary: 'Take a link back',
    description: 'Either side can, without the other.',
  })
  @ApiProblems({ 403: notAUser, 404: ['auth.identity_link.not_found'] })
  @ApiNoContentResponse({ description: 'The link is gone, on both sides.' })
  @HttpCode(204)
  @Delete(':id')
  async remove(
    @Ctx() ctx: RequestContext,
    @Caller() caller: Identity,
    @Param('id', { schema: IdentityLinkId }) linkId: string,
  ): Promise<void> {
    await this.commandBus.execute(new RemoveIdentityLink(ctx, { userId: userIdOf(caller), linkId }));
  }
}
