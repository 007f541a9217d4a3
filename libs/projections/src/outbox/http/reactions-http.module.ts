import { LiveFeedModule } from '@acci/event-store';
import { Module } from '@nestjs/common';
import { DeadLettersController } from './dead-letters.controller.js';

/**
 * The dead letters of the caller's tenant as a REST API: `/v1/dead-letters`. It needs `ReactionsModule` in the same
 * process, and `configureApp` of `@acci/rest`.
 *
 * @example
 * @Module({ imports: [ReactionsModule.forRoot({ worker: true }), RestModule.forRoot({}), ReactionsHttpModule] })
 * class AppModule {}
 */
@Module({ imports: [LiveFeedModule], controllers: [DeadLettersController] })
export class ReactionsHttpModule {}
