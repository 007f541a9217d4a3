import { Module } from '@nestjs/common';
import { EventFeed } from '../http/event-feed.js';
import { LiveFeed } from './live-feed.js';
import { LogTail } from './log-tail.js';

/**
 * Provides {@link LiveFeed}, for routes that stream. It needs `EventStoreModule` in the same process.
 *
 * @example
 * @Module({ imports: [LiveFeedModule], controllers: [OrderController] })
 * class OrdersHttpModule {}
 */
@Module({ providers: [EventFeed, LiveFeed, LogTail], exports: [EventFeed, LiveFeed] })
export class LiveFeedModule {}
