import type { INestApplication } from '@nestjs/common';
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ifNoneMatch } from './conditional/etag.js';
import { HttpProblem } from './problems/http-problem.js';
import { headerOf } from './request/raw.js';
import { routesOf } from './routes/routes.js';
import { streamedTypes } from './routes/streamed.decorator.js';

/** As much of Fastify as is used here: the lib knows Nest, not its adapters. */
interface Fastify {
  addHook(name: 'onSend', hook: OnSend): void;
  addHook(name: 'onRoute', hook: (route: { url: string }) => void): void;
  addContentTypeParser(type: string, parser: (request: unknown, payload: unknown, done: Done) => void): void;
  hasContentTypeParser(type: string): boolean;
  /** Refuses `__proto__` and `constructor.prototype` keys. */
  getDefaultJsonParser(onProto: 'error', onConstructor: 'error'): BodyParser;
}
type BodyParser = (request: unknown, body: Buffer, done: Done) => void;
type Done = (error: Error | null, payload?: unknown) => void;
type OnSend = (request: { raw: IncomingMessage }, reply: FastifyReply, payload: unknown, done: Done) => void;
interface FastifyReply {
  statusCode: number;
  getHeader(name: string): unknown;
  removeHeader(name: string): void;
}

/** As much of Express. */
interface Express {
  disable(setting: string): void;
  /** The prototype of this application's requests. */
  readonly request: object;
}
type ExpressRequest = IncomingMessage & { readonly res: ServerResponse };

/** What the two adapters do differently: parsers, colons in paths, and answering 304. */
export function configureAdapter(app: INestApplication, bodyLimitBytes: number): void {
  const adapter = app.getHttpAdapter();
  // On INestApplication of neither adapter, but on that of both.
  const parsers = app as INestApplication & {
    useBodyParser(type: string, options: object, parser?: BodyParser): void;
  };
  if (adapter.getType() === 'fastify') {
    const fastify: Fastify = adapter.getInstance();
    const parseJson = fastify.getDefaultJsonParser('error', 'error');
    parsers.useBodyParser('application/json', { bodyLimit: bodyLimitBytes }, (request, body, done) => {
      if (isUtf8(body)) parseJson(request, body, done);
      else done(malformedBody());
    });
    for (const type of new Set(routesOf(app).flatMap((route) => streamedTypes(route.handler) ?? []))) {
      if (!fastify.hasContentTypeParser(type)) fastify.addContentTypeParser(type, leaveUnread);
    }
    fastify.addHook('onSend', answerNotModified);
    // Nest and Express write a colon in a path as `\\:`, and Fastify's router as `::`; Nest does not translate.
    fastify.addHook('onRoute', (route) => {
      route.url = route.url.replaceAll('\\:', '::');
    });
  } else {
    const express: Express = adapter.getInstance();
    const malformed = new WeakSet<IncomingMessage>();
    parsers.useBodyParser('json', {
      limit: bodyLimitBytes,
      // What it throws would be answered by a 403.
      verify: (request: IncomingMessage, _response: ServerResponse, body: Buffer, charset: string) => {
        if ((charset === 'utf-8' && !isUtf8(body)) || namesPrototype(body)) malformed.add(request);
      },
    });
    app.use((request: IncomingMessage, _response: ServerResponse, next: (error?: Error) => void) =>
      next(malformed.has(request) ? malformedBody() : undefined),
    );
    express.disable('x-powered-by');
    // Express would hash every body for a tag of its own; ours are versions.
    express.disable('etag');
    // It answers 304 by itself if a request is "fresh", but not by RFC 9110 alone: Cache-Control counts, too.
    Object.defineProperty(express.request, 'fresh', {
      get(this: ExpressRequest) {
        return isNotModified(this, this.res.statusCode, this.res.getHeader('etag'));
      },
    });
  }
}

// The decoder would put U+FFFD in place of what is no UTF-8, and Nest would leave out `__proto__`: a caller must not
// get something else stored than was sent.
function malformedBody(): HttpProblem {
  return new HttpProblem(400, 'request.malformed', 'The body is not UTF-8, or has a key named __proto__.');
}

const [underscore, o] = [String.raw`(?:_|\\u005[fF])`, String.raw`(?:o|\\u006[fF])`];
const prototypeKey = new RegExp(
  String.raw`"${underscore}{2}(?:p|\\u0070)(?:r|\\u0072)${o}(?:t|\\u0074)${o}${underscore}{2}"\s*:`,
);

/** True for JSON with a key `__proto__`, however it is written. Express has no such check; Fastify has. */
function namesPrototype(body: Buffer): boolean {
  // Nearly every body is through with this.
  return (body.includes('proto') || body.includes(String.raw`\u`)) && prototypeKey.test(body.toString());
}

const leaveUnread = (_request: unknown, payload: unknown, done: Done): void => done(null, payload);

const answerNotModified: OnSend = ({ raw }, reply, payload, done) => {
  // Asked for first: most requests have no such header, and every one passes here.
  if (
    raw.headers['if-none-match'] === undefined ||
    !isNotModified(raw, reply.statusCode, reply.getHeader('etag'))
  ) {
    return done(null, payload);
  }
  reply.statusCode = 304;
  reply.removeHeader('content-type');
  reply.removeHeader('content-length');
  done(null, null);
};

function isNotModified(request: IncomingMessage, status: number, etag: unknown): boolean {
  if (status !== 200 || typeof etag !== 'string' || (request.method !== 'GET' && request.method !== 'HEAD'))
    return false;
  return ifNoneMatch(headerOf(request, 'if-none-match'), etag);
}
