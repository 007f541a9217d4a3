import { ApiProblems, Ctx, page, RequirePermission, Returns, type AnyResponse, type Page } from '@acci/rest';
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Context } from '../context.js';
import { EventFeed } from './event-feed.js';
import {
  EventFeedPage,
  EventStreamPage,
  ReadEventsQuery,
  ReadStreamQuery,
  StreamIdParam,
  StreamTypeParam,
  type EventResponse,
} from './events.schemas.js';

/** What happened in the caller's tenant: `/v1/events` and `/v1/event-streams/{type}/{id}`. */
@ApiTags('Events')
@Controller({ version: '1' })
export class EventsController {
  constructor(private readonly feed: EventFeed) {}

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
}
