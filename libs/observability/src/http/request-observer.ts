import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Log } from '../log/log.js';
import { HttpMetrics } from '../metrics/http-metrics.js';
import type { FrameworkRequest } from '../observability.options.js';
import { Tracing } from '../traces/tracing.js';
import { RequestRecord } from './request-record.js';
import { RequestScope } from './request-scope.js';

const RECORD = Symbol('acci.request-record');

type Observed = IncomingMessage & { [RECORD]?: RequestRecord };
type Next = () => void;

interface FastifyLike {
  addHook(
    name: 'onRequest' | 'preValidation',
    hook: (request: { raw: IncomingMessage }, reply: { raw: ServerResponse }, done: Next) => void,
  ): void;
}

interface ExpressLike {
  use(handler: (request: IncomingMessage, response: ServerResponse, next: Next) => void): void;
}

/**
 * Watches every request of the app's server and, when its answer is over, writes its line, counts it and ends its
 * span. Begin and end are taken from Node's server, so nothing is missed that a framework answers before its hooks
 * run (a malformed URL) or never finishes (a client that left). The framework's hooks only add what Node can't
 * know: the route, and the asynchronous context the handlers run in.
 *
 * nestjs-pino's own middleware does the same with two child loggers and three listeners per request; see
 * docs/observability.md for what both cost.
 */
@Injectable()
export class RequestObserver implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly scope: RequestScope,
    private readonly log: Log,
    private readonly metrics: HttpMetrics,
    private readonly tracing: Tracing,
  ) {
    // Now, not in a lifecycle hook: what runs before body parsers and other middleware must be mounted before them. A
    // testing module gets its adapter later, hence the observable.
    host.init$.subscribe(() => this.enterFrom(host.httpAdapter));
  }

  onModuleInit(): void {
    const server: Server | undefined = this.host.httpAdapter?.getHttpServer();
    server?.prependListener('request', (raw: IncomingMessage, response: ServerResponse) => {
      this.observe(raw, response);
    });
  }

  private enterFrom(adapter: HttpAdapterHost['httpAdapter'] | undefined): void {
    if (adapter?.getType() === 'fastify') this.enterFromFastify(adapter.getInstance<FastifyLike>());
    if (adapter?.getType() === 'express') this.enterFromExpress(adapter.getInstance<ExpressLike>());
  }

  private enterFromFastify(fastify: FastifyLike): void {
    const enter = (request: { raw: IncomingMessage }, reply: { raw: ServerResponse }, done: Next): void => {
      this.enter(this.observe(request.raw, reply.raw), request, done);
    };
    fastify.addHook('onRequest', enter);
    // Again after the body was read: its chunks arrive in the context of the connection, not of the request.
    fastify.addHook('preValidation', enter);
  }

  private enterFromExpress(express: ExpressLike): void {
    express.use((request, response, next) => this.enter(this.observe(request, response), request, next));
  }

  private enter(record: RequestRecord, request: FrameworkRequest, next: Next): void {
    record.request = request;
    this.scope.run(record, () => this.tracing.run(record, next));
  }

  /** The record of a request; begun here if Node's server didn't (Fastify's `inject` goes around it). */
  private observe(raw: Observed, response: ServerResponse): RequestRecord {
    const known = raw[RECORD];
    if (known !== undefined) return known;
    const record = new RequestRecord(raw, response);
    raw[RECORD] = record;
    this.tracing.begin(record);
    this.metrics.begin(record);
    response.once('close', () => this.end(record));
    return record;
  }

  private end(record: RequestRecord): void {
    const fields = this.scope.fields(record);
    this.metrics.end(record);
    this.log.request(record, fields);
    this.tracing.end(record, fields);
  }
}
