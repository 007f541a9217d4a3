import { createParamDecorator, Req, Res, type ExecutionContext } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiProduces } from '@nestjs/swagger';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import { ApiProblems, type ProblemCodes } from '../openapi/api-problems.decorator.js';
import { decorateMethod } from '../openapi/decorate-method.js';
import { unauthenticated } from '../problems/http-problem.js';
import {
  type AnyRequest,
  type AnyResponse,
  headerOf,
  rawRequest,
  rawResponse,
  targetOf,
} from '../request/raw.js';
import { stateOf } from '../request/request-state.js';
import type { Handler } from '../routes/routes.js';
import { markLiveStream } from './live-streams.js';
import { OpenStream } from './open-stream.js';
import type { StreamSource } from './stream-source.js';

/** How {@link EventStream} answers. */
export interface EventStreamOptions {
  /** What the messages mean, for OpenAPI. */
  readonly description: string;
  /** The member of an item that `removed` names it by; `id`. An item that has no such member is never removed. */
  readonly key?: string;
}

const mediaType = 'text/event-stream';
const problems: ProblemCodes = {
  429: ['request.rate_limited', 'request.streams.too_many'],
  503: ['request.streams.too_many'],
};
const retry = { leastMs: 1_000, spreadMs: 2_000 };

const streamHeaders = {
  'Content-Type': mediaType,
  // Nobody keeps it, and nobody compresses it, which would hold messages back.
  'Cache-Control': 'no-store, no-transform',
  // nginx and those who do as it does pass each message on at once.
  'X-Accel-Buffering': 'no',
} as const;

/**
 * Makes a route a live stream of server-sent events: its handler answers with a {@link StreamSource}, whose items go
 * through the schema, one message each. What the handler throws, such as for a cursor that is no good, is answered as a
 * problem. Everything else is done here: heartbeats, readers that are slow, permission asked for again while the stream is
 * open, the end at a shutdown, and the problems of too many streams in OpenAPI.
 *
 * @example
 * class ThingController {
 *   @RequirePermission('shop.things.read')
 *   @EventStream(ThingResponse, { description: 'Each thing that changed.' })
 *   @Get('stream')
 *   stream(@Ctx() ctx: Context, @LastEventId() cursor?: string): Promise<StreamSource<ThingResponse>> {
 *     return this.queryBus.execute(new FollowThings(ctx, cursor));
 *   }
 * }
 */
export function EventStream<S extends z.ZodType>(
  schema: S,
  { description, key: itemKey = 'id' }: EventStreamOptions,
) {
  // Streams of a tenant share their items, which become text once.
  const texts = new WeakMap<object, string>();
  const textOf = (item: unknown): string => {
    const known = item instanceof Object ? texts.get(item) : undefined;
    const text = known ?? JSON.stringify(schema.parse(item));
    if (item instanceof Object) texts.set(item, text);
    return text;
  };
  return <M extends (...args: never[]) => Promise<StreamSource<z.input<S>>>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    const handler = descriptor.value as unknown as Handler;
    const own = handler.length;
    const streaming = async function (this: unknown, ...args: unknown[]): Promise<void> {
      const [request, response] = args.slice(own) as [AnyRequest, AnyResponse];
      const makeSource = () => handler.apply(this, args.slice(0, own)) as Promise<StreamSource<unknown>>;
      await open(request, response, makeSource, textOf);
    };
    Object.defineProperty(streaming, 'name', { value: handler.name });
    for (const name of Reflect.getMetadataKeys(handler)) {
      Reflect.defineMetadata(name, Reflect.getMetadata(name, handler), streaming);
    }
    markLiveStream(streaming, { schema, description, key: itemKey });
    descriptor.value = streaming as unknown as M;
    // Behind the handler's own parameters. Nest leaves a response to a handler that asks for it.
    Req()(target, key, own);
    Res()(target, key, own + 1);
    ApiProblems(problems)(target, key, descriptor);
    ApiProduces(mediaType)(target, key, descriptor);
    ApiOkResponse({ description, standardSchema: schema })(target, key, descriptor);
  };
}

/**
 * Injects the id of the last message that a client saw, undefined for a client that comes for the first time: the cursor
 * that an {@link EventStream} goes on from.
 *
 * @example
 * stream(@Ctx() ctx: Context, @LastEventId() cursor: string | undefined) {}
 */
export const LastEventId = createParamDecorator(
  (_data: unknown, context: ExecutionContext): string | undefined =>
    cursorOf(rawRequest(context.switchToHttp().getRequest<AnyRequest>())),
  [
    decorateMethod(
      ApiHeader({
        name: 'Last-Event-ID',
        description:
          'The `id` of the last message seen: the stream goes on behind it. `EventSource` sends it by itself; where no header can be set, `cursor` in the query does the same.',
        schema: { type: 'string' },
        required: false,
      }),
    ),
  ],
);

function cursorOf(request: IncomingMessage): string | undefined {
  const { searchParams } = new URL(targetOf(request), 'http://localhost');
  return headerOf(request, 'last-event-id') || searchParams.get('cursor') || undefined;
}

async function open(
  request: AnyRequest,
  response: AnyResponse,
  makeSource: () => Promise<StreamSource<unknown>>,
  textOf: (item: unknown) => string,
): Promise<void> {
  const { identity, streams } = stateOf(request);
  if (!identity || !streams) throw unauthenticated();
  const leave = streams.take(identity);
  try {
    const source = await makeSource();
    const raw = sendHead(response);
    if (rawRequest(request).method === 'HEAD') {
      raw.end();
      leave();
      return;
    }
    const retryMs = Math.round(retry.leastMs + Math.random() * retry.spreadMs);
    const stream = new OpenStream({ request, response: raw, source, textOf, retryMs }, streams);
    void stream.run().finally(leave);
  } catch (error) {
    leave();
    throw error;
  }
}

/** As much of Fastify's reply as is used here. */
interface FastifyReply {
  hijack(): void;
  getHeaders(): Record<string, string | string[]>;
}

function sendHead(response: AnyResponse): ServerResponse {
  const raw = rawResponse(response);
  if ('hijack' in response) {
    const reply = response as unknown as FastifyReply;
    // Those of CORS, for example: from here on Fastify sends nothing.
    for (const [name, value] of Object.entries(reply.getHeaders())) raw.setHeader(name, value);
    reply.hijack();
  }
  for (const [name, value] of Object.entries(streamHeaders)) raw.setHeader(name, value);
  // Finds out about a client that vanished without a word.
  raw.socket?.setKeepAlive(true, 30_000);
  raw.flushHeaders();
  return raw;
}
