import {
  ApiProblems,
  Ctx,
  EventStream,
  LastEventId,
  page,
  RequirePermission,
  Returns,
  type AnyResponse,
  type Page,
  type StreamSource,
} from '@acci/rest';
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Context } from '../context.js';
import { LiveFeed } from '../live/live-feed.js';
import { EventFeed } from './event-feed.js';
import {
  EventFeedPage,
  EventResponse,
  EventStreamPage,
  FollowEventsQuery,
  FollowStreamQuery,
  ReadEventsQuery,
  ReadStreamQuery,
  StreamIdParam,
  StreamTypeParam,
} from './events.schemas.js';

/** What happened in the caller's tenant: `/v1/events` and `/v1/event-streams/{type}/{id}`, each with its `/stream`. */
@ApiTags('Events')
@Controller({ version: '1' })
export class EventsController {
  constructor(
    private readonly feed: EventFeed,
    private readonly live: LiveFeed,
  ) {}

  @RequirePermission('events.read')
  @ApiOperation({
    summary: 'Read your events',
    description:
      'All that happened in your tenant, oldest first, each once. When `next` is null you have seen it all; keep `resume` and come back with it. Events show up once nothing can come before them any more, as a rule at once. Cursors stay good when the server is restored or moved to another database cluster.',
  })
  @Returns(EventFeedPage, { description: 'A page of events.' })
  @Get('events')
  async list(
    @Ctx() ctx: Context,
    @Query({ schema: ReadEventsQuery }) query: ReadEventsQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<EventFeedPage> {
    const { items, next, resume } = await this.feed.events(ctx, query);
    return { ...page(response, items, next), resume };
  }

  @RequirePermission('events.read')
  @ApiOperation({
    summary: 'Follow your events',
    description:
      'The events of your tenant while they happen, as server-sent events: `data` is an event, `id` a cursor of `GET /v1/events`. A client that was cut off goes on with `Last-Event-ID`, and gets what it missed. A message `problem` says why the server ends the stream.',
  })
  @EventStream(EventResponse, { description: 'The stream: one of these in each message.' })
  @Get('events/stream')
  follow(
    @Ctx() ctx: Context,
    @Query({ schema: FollowEventsQuery }) query: FollowEventsQuery,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<EventResponse>> {
    return this.live.events(ctx, { ...query, cursor: lastEventId ?? query.cursor });
  }

  @RequirePermission('events.streams.read')
  @ApiOperation({
    summary: 'Read a stream',
    description: 'What happened to one thing, such as a tenant or an order; archived streams too.',
  })
  @ApiProblems({ 404: ['event_store.stream.not_found'] })
  @Returns(EventStreamPage, { description: 'A page of the stream.' })
  @Get('event-streams/:type/:id')
  async stream(
    @Ctx() ctx: Context,
    @Param('type', { schema: StreamTypeParam }) type: string,
    @Param('id', { schema: StreamIdParam }) id: string,
    @Query({ schema: ReadStreamQuery }) query: ReadStreamQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<EventResponse>> {
    const { items, next } = await this.feed.stream(ctx, type, id, query);
    return page(response, items, next);
  }

  @RequirePermission('events.streams.read')
  @ApiOperation({
    operationId: 'eventStreamFollow',
    summary: 'Follow a stream',
    description:
      'What happens to one thing while it happens, as server-sent events: `data` is an event. A client that was cut off goes on with `Last-Event-ID`, and gets what it missed. To have all of it open this first and read the stream then: `version` tells what came twice.',
  })
  @ApiProblems({
    404: ['event_store.stream.not_found'],
  })
  @EventStream(EventResponse, { description: 'The stream: one of these in each message.' })
  @Get('event-streams/:type/:id/stream')
  followStream(
    @Ctx() ctx: Context,
    @Param('type', { schema: StreamTypeParam }) streamType: string,
    @Param('id', { schema: StreamIdParam }) streamId: string,
    @Query({ schema: FollowStreamQuery }) { raw }: FollowStreamQuery,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<EventResponse>> {
    const show = (event: EventResponse) => event;
    return this.live.stream(ctx, lastEventId, { name: 'events.stream', streamType, streamId, raw, show });
  }
}
