import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { z } from 'zod';
import {
  type AnyRequest,
  configureApp,
  Ctx,
  decodeCursor,
  encodeCursor,
  EventStream,
  fastifyOptions,
  HttpProblem,
  LastEventId,
  rawRequest,
  type RequestContext,
  RequirePermission,
  RestModule,
  type RestOptions,
  setIdentity,
  type StreamPage,
  type StreamSource,
} from '../index.js';

const Tick = z.object({ number: z.int(), text: z.string() }).meta({ id: 'Tick' });
type Tick = z.output<typeof Tick>;

const pageSize = 10;

/** A log of ticks in memory, and what was asked of it. */
@Injectable()
export class Tickers {
  readonly ticks: (Tick & { secret: string })[] = [];
  /** How many pages were read. */
  reads = 0;
  /** Who may not read any more. */
  readonly revoked = new Set<string>();
  /** Whether nobody can say who may read. */
  unsure = false;
  /** How often it was asked who may read. */
  questions = 0;
  private changed = Promise.withResolvers<void>();

  add(...texts: string[]): void {
    for (const text of texts)
      this.ticks.push({ number: this.ticks.length + 1, text, secret: 'never leaves' });
    this.changed.resolve();
    this.changed = Promise.withResolvers();
  }

  /** Resolves once it was asked so many times more who may read. */
  async asked(times: number): Promise<void> {
    for (const until = this.questions + times; this.questions < until;) await sleep(1);
  }

  async next(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => aborted.resolve(), { once: true });
    await Promise.race([this.changed.promise, aborted.promise]);
  }
}

class TickSource implements StreamSource<Tick> {
  constructor(
    private readonly tickers: Tickers,
    readonly cursor: string,
  ) {}

  async read(cursor: string): Promise<StreamPage<Tick>> {
    this.tickers.reads += 1;
    const seen = numberOf(cursor);
    const items = this.tickers.ticks.slice(seen, seen + pageSize);
    const last = seen + items.length;
    return {
      messages: items.map((item) =>
        item.text === 'gone'
          ? { cursor: encodeCursor([item.number]), removed: String(item.number) }
          : { cursor: encodeCursor([item.number]), item },
      ),
      cursor: encodeCursor([last]),
      more: last < this.tickers.ticks.length,
    };
  }

  async wait(cursor: string, signal: AbortSignal): Promise<string> {
    if (this.tickers.ticks.length === numberOf(cursor)) await this.tickers.next(signal);
    return cursor;
  }
}

function numberOf(cursor: string): number {
  return decodeCursor(cursor, z.tuple([z.int()]))[0];
}

@RequirePermission('ticks.read')
@Controller({ path: 'ticks', version: '1' })
class TickController {
  constructor(private readonly tickers: Tickers) {}

  @EventStream(Tick, { description: 'Each tick.' })
  @Get('stream')
  async stream(
    @Ctx() _ctx: RequestContext,
    @LastEventId() cursor: string | undefined,
  ): Promise<StreamSource<Tick>> {
    if (cursor !== undefined) numberOf(cursor);
    return new TickSource(this.tickers, cursor ?? encodeCursor([this.tickers.ticks.length]));
  }
}

/** The bearer token is the tenant; `/ask` behind it leaves something to ask again with. */
@Injectable()
class TickGuard implements CanActivate {
  constructor(private readonly tickers: Tickers) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AnyRequest>();
    const token = rawRequest(request).headers.authorization?.replace('Bearer ', '') ?? '';
    const identify = () => {
      this.tickers.questions += 1;
      if (this.tickers.unsure) throw new HttpProblem(503, 'auth.away', 'Nobody knows.');
      if (this.tickers.revoked.has(token)) throw new HttpProblem(401, 'auth.credentials.invalid', 'No more.');
      return { tenantId: token, actor: `key:${token}`, permissions: '*' as const };
    };
    setIdentity(request, identify(), token === 'unasked' ? undefined : async () => identify());
    return true;
  }
}

/** A server with one live stream, and clients for it. */
export class TickServer {
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly app: INestApplication,
    readonly port: number,
  ) {
    (app.getHttpServer() as Server).on('connection', (socket: Socket) => this.sockets.add(socket));
  }

  static async start(adapter: 'fastify' | 'express', options: RestOptions = {}): Promise<TickServer> {
    @Module({
      imports: [RestModule.forRoot({ rateLimits: false, ...options })],
      controllers: [TickController],
      providers: [Tickers, { provide: APP_GUARD, useClass: TickGuard }],
    })
    class AppModule {}
    const app = await NestFactory.create(
      AppModule,
      adapter === 'fastify' ? new FastifyAdapter(fastifyOptions()) : new ExpressAdapter(),
      { logger: false },
    );
    configureApp(app);
    await app.listen(0, '127.0.0.1');
    return new TickServer(app, (app.getHttpServer().address() as AddressInfo).port);
  }

  get tickers(): Tickers {
    return this.app.get(Tickers);
  }

  /** Resolves once so many connections are open. */
  async connections(count: number): Promise<void> {
    const server = this.app.getHttpServer() as Server;
    for (let open = -1; open !== count; await sleep(10)) {
      open = await new Promise((resolve) => server.getConnections((_error, number) => resolve(number)));
    }
  }

  /** What waits in this process for clients to read it. */
  waitingBytes(): number {
    return [...this.sockets].reduce((sum, socket) => sum + socket.writableLength, 0);
  }

  /** Opens a stream. */
  open(token = 'acme', headers: Record<string, string> = {}, method = 'GET'): Promise<TickClient> {
    return new Promise((resolve, reject) => {
      const options = {
        port: this.port,
        path: '/v1/ticks/stream',
        method,
        headers: { authorization: `Bearer ${token}`, ...headers },
        agent: false as const,
      };
      httpRequest(options, (response) => resolve(new TickClient(response)))
        .on('error', reject)
        .end();
    });
  }
}

/** A client that reads when it is asked to. Of the end of its stream it hears only while it reads. */
export class TickClient {
  private readonly ended = Promise.withResolvers<void>();
  private chunks: string[] = [];

  constructor(readonly response: IncomingMessage) {
    response
      .setEncoding('utf8')
      .on('close', this.ended.resolve)
      .on('error', () => {});
  }

  /** Reads until the last of what was read has something in it. @returns all that was read since the last time. */
  async until(wanted: string): Promise<string> {
    const found = Promise.withResolvers<void>();
    let tail = '';
    const look = (chunk: string) => {
      this.chunks.push(chunk);
      tail = tail.slice(-wanted.length) + chunk;
      if (tail.includes(wanted)) found.resolve();
    };
    this.response.on('data', look).resume();
    await Promise.race([found.promise, this.ended.promise]);
    this.response.off('data', look).pause();
    const read = this.taken();
    if (!read.includes(wanted)) throw new Error(`The stream ended without ${wanted}: ${read.slice(-500)}`);
    return read;
  }

  /** Reads to the end. */
  async rest(): Promise<string> {
    this.response.on('data', (chunk: string) => this.chunks.push(chunk)).resume();
    await this.ended.promise;
    return this.taken();
  }

  leave(): void {
    this.response.destroy();
  }

  private taken(): string {
    const text = this.chunks.join('');
    this.chunks = [];
    return text;
  }
}
