import { LiveFeed, type Context } from '@acci/event-store';
import {
  ApiProblems,
  Ctx,
  cutPage,
  decodeCursor,
  encodeCursor,
  EventStream,
  LastEventId,
  page,
  RequirePermission,
  Returns,
  type AnyResponse,
  type Page,
  type StreamSource,
} from '@acci/rest';
import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { DeadLetterActs } from '../dead-letter.aggregate.js';
import { DeadLetters } from '../dead-letters.js';
import { toDeadLetterResponse } from './dead-letter-answers.js';
import {
  DeadLetterAct,
  DeadLetterId,
  DeadLetterPage,
  DeadLetterResponse,
  FollowDeadLettersQuery,
  ListDeadLettersQuery,
} from './dead-letters.schemas.js';

const missing = ['projections.dead_letter.not_found'];
const settled = ['projections.dead_letter.settled'];
const Cursor = z.tuple([z.uuid()]);

/** What could not be delivered in the caller's tenant: `/v1/dead-letters`. */
@ApiTags('Dead letters')
@Controller({ path: 'dead-letters', version: '1' })
export class DeadLettersController {
  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly live: LiveFeed,
  ) {}

  @RequirePermission('reactions.dead_letters.read')
  @ApiOperation({
    summary: 'List dead letters',
    description:
      'What could not be delivered to a subscription or process manager after all its tries, oldest first. What comes next in its stream or process waits behind it.',
  })
  @Returns(DeadLetterPage, { description: 'A page of dead letters.' })
  @Get()
  async list(
    @Ctx() ctx: Context,
    @Query({ schema: ListDeadLettersQuery }) { limit, cursor, status, reaction }: ListDeadLettersQuery,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Page<DeadLetterResponse>> {
    const after = decodeCursor(cursor, Cursor)?.[0];
    const found = await this.deadLetters.list(ctx, { status, reaction, after, limit: limit + 1 });
    const { items, next } = cutPage(found, limit, ({ id }) => encodeCursor([id]));
    return page(response, items.map(toDeadLetterResponse), next);
  }

  @RequirePermission('reactions.dead_letters.read')
  @ApiOperation({
    operationId: 'deadLetterFollow',
    summary: 'Follow dead letters',
    description:
      'Each dead letter of the list as it is when it comes up, is retried or discarded, as server-sent events, and a message `removed` with its `id` when it is not in the list any more, since it has arrived. Open the stream first and read the list then. A client that was cut off goes on with `Last-Event-ID`.',
  })
  @EventStream(DeadLetterResponse, { description: 'The stream: one of these in each message.' })
  @Get('stream')
  follow(
    @Ctx() ctx: Context,
    @Query({ schema: FollowDeadLettersQuery }) filter: FollowDeadLettersQuery,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<DeadLetterResponse>> {
    return this.live.list(ctx, lastEventId, {
      name: 'reactions.dead-letters',
      streamType: DeadLetterActs.streamType,
      filter,
      find: async (ids) => (await this.deadLetters.find(ctx, ids, filter)).map(toDeadLetterResponse),
    });
  }

  @RequirePermission('reactions.dead_letters.read')
  @ApiOperation({ summary: 'Get a dead letter' })
  @ApiProblems({ 404: missing })
  @Returns(DeadLetterResponse, { description: 'The dead letter.' })
  @Get(':id')
  async get(
    @Ctx() ctx: Context,
    @Param('id', { schema: DeadLetterId }) id: string,
  ): Promise<DeadLetterResponse> {
    return toDeadLetterResponse(await this.deadLetters.get(ctx, id));
  }

  @RequirePermission('reactions.dead_letters.retry')
  @ApiOperation({
    operationId: 'deadLetterRetry',
    summary: 'Deliver a dead letter again',
    description: 'And what waits behind it after that. If it fails again, it is `open` again.',
  })
  @ApiProblems({ 404: missing, 409: settled })
  @Returns(DeadLetterResponse, { status: 202, description: 'It is being delivered.' })
  @Post(':id/retry')
  async retry(
    @Ctx() ctx: Context,
    @Param('id', { schema: DeadLetterId }) id: string,
    @Body({ schema: DeadLetterAct }) act: DeadLetterAct,
  ): Promise<DeadLetterResponse> {
    return toDeadLetterResponse(await this.deadLetters.retry(ctx, id, act));
  }

  @RequirePermission('reactions.dead_letters.discard')
  @ApiOperation({
    operationId: 'deadLetterDiscard',
    summary: 'Give a dead letter up',
    description: 'What waits behind it goes on. There is no way back.',
  })
  @ApiProblems({ 404: missing, 409: settled })
  @Returns(DeadLetterResponse, { description: 'It was given up.' })
  @Post(':id/discard')
  async discard(
    @Ctx() ctx: Context,
    @Param('id', { schema: DeadLetterId }) id: string,
    @Body({ schema: DeadLetterAct }) act: DeadLetterAct,
  ): Promise<DeadLetterResponse> {
    return toDeadLetterResponse(await this.deadLetters.discard(ctx, id, act));
  }
}
