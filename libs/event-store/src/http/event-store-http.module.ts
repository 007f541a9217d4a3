import { Module } from '@nestjs/common';
import { LiveFeedModule } from '../live/live-feed.module.js';
import { EventTypesController } from './event-types.controller.js';
import { EventsController } from './events.controller.js';

/**
 * The events of the caller's tenant as a REST API: `/v1/events`, `/v1/events/stream`, `/v1/event-streams/{type}/{id}` and
 * `/v1/event-types`. It needs `EventStoreModule` in the same process, and `configureApp` of `@acci/rest`.
 *
 * @example
 * @Module({ imports: [EventStoreModule.forRoot(), RestModule.forRoot({}), EventStoreHttpModule] })
 * class AppModule {}
 */
@Module({
  imports: [LiveFeedModule],
  controllers: [EventsController, EventTypesController],
})
export class EventStoreHttpModule {}
