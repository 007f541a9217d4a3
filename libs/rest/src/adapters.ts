import type { INestApplication } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ifNoneMatch } from './conditional/etag.js';
import { headerOf } from './request/raw.js';
import { routesOf } from './routes/routes.js';
import { streamedTypes } from './routes/streamed.decorator.js';

/** As much of Fastify as is used here: the lib knows Nest, not its adapters. */
interface Fastify {
  addHook(name: 'onSend', hook: OnSend): void;
  addContentTypeParser(type: string, parser: (request: unknown, payload: unknown, done: Done) => void): void;
  hasContentTypeParser(type: string): boolean;
}
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

/** What the two adapters do differently: parsers, and answering 304. */
export function configureAdapter(app: INestApplication, bodyLimitBytes: number): void {
  const adapter = app.getHttpAdapter();
  // On INestApplication of neither adapter, but on that of both.
  const parsers = app as INestApplication & { useBodyParser(type: string, options: object): void };
  if (adapter.getType() === 'fastify') {
    const fastify: Fastify = adapter.getInstance();
    parsers.useBodyParser('application/json', { bodyLimit: bodyLimitBytes });
    for (const type of new Set(routesOf(app).flatMap((route) => streamedTypes(route.handler) ?? []))) {
      if (!fastify.hasContentTypeParser(type)) fastify.addContentTypeParser(type, leaveUnread);
    }
    fastify.addHook('onSend', answerNotModified);
  } else {
    const express: Express = adapter.getInstance();
    parsers.useBodyParser('json', { limit: bodyLimitBytes });
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
