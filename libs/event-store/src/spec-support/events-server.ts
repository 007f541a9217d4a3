import type { AddressInfo } from 'node:net';
import { Database } from '@acci/database';
import {
  accessOf,
  configureApp,
  fastifyOptions,
  rawRequest,
  RestModule,
  setIdentity,
  type AnyRequest,
} from '@acci/rest';
import {
  ForbiddenException,
  Injectable,
  Module,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  EventStoreHttpModule,
  EventStoreModule,
  setupAsyncApi,
  type AggregateClass,
  type AsyncApiOptions,
} from '../index.js';

export const adapters = ['fastify', 'express'] as const;

export const asyncApiOptions: AsyncApiOptions = {
  title: 'Bank',
  description: 'What happens to accounts.',
  release: '1.2.3',
  contact: { name: 'Bank', url: 'https://bank.example', email: 'api@bank.example' },
  license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
};

/** Stands in for `@acci/auth`: the bearer token is the tenant's id; the header `x-without` takes a permission away. */
@Injectable()
class StubAuthGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AnyRequest>();
    const { authorization, 'x-without': without } = rawRequest(request).headers;
    const tenantId = authorization?.replace('Bearer ', '');
    if (tenantId) setIdentity(request, { tenantId, actor: 'key:test', permissions: '*' });
    const access = accessOf(context.getHandler(), context.getClass());
    if (access && 'permission' in access && access.permission === without) throw new ForbiddenException();
    return true;
  }
}

@Module({})
class ConnectedDatabaseModule {
  static of(database: Database): DynamicModule {
    const providers = [{ provide: Database, useValue: database }];
    return { module: ConnectedDatabaseModule, global: true, providers, exports: [Database] };
  }
}

/** What the events' REST API answers with. */
export interface EventsAnswer {
  readonly items: Record<string, unknown>[];
  readonly next: string | null;
  readonly resume: string;
}

/** A server with the events' REST API, and a client for it. */
export class EventsServer {
  private constructor(
    readonly app: INestApplication,
    readonly url: string,
  ) {}

  static async start(
    adapter: (typeof adapters)[number],
    database: Database,
    aggregates: readonly AggregateClass[],
    controllers: Type[] = [],
    port = 0,
  ): Promise<EventsServer> {
    @Module({
      imports: [
        ConnectedDatabaseModule.of(database),
        EventStoreModule.forRoot(),
        EventStoreModule.forFeature(aggregates),
        RestModule.forRoot({ rateLimits: false }),
        EventStoreHttpModule,
      ],
      controllers,
      providers: [{ provide: APP_GUARD, useClass: StubAuthGuard }],
    })
    class AppModule {}
    const app = await NestFactory.create(
      AppModule,
      adapter === 'fastify' ? new FastifyAdapter(fastifyOptions()) : new ExpressAdapter(),
      { logger: false, abortOnError: false },
    );
    configureApp(app);
    setupAsyncApi(app, asyncApiOptions);
    await app.listen(port, '127.0.0.1');
    const address = app.getHttpServer().address() as AddressInfo;
    return new EventsServer(app, `http://127.0.0.1:${address.port}`);
  }

  fetch(path: string, tenantId?: string, headers: Record<string, string> = {}): Promise<Response> {
    const authorization = tenantId === undefined ? {} : { authorization: `Bearer ${tenantId}` };
    return fetch(this.url + path, { headers: { ...authorization, ...headers } });
  }

  /** Sends a body, which is JSON. */
  post(path: string, tenantId: string, body: string | Uint8Array, signal?: AbortSignal): Promise<Response> {
    const headers = { authorization: `Bearer ${tenantId}`, 'content-type': 'application/json' };
    return fetch(this.url + path, { method: 'POST', headers, body, signal: signal ?? null });
  }

  /** Asks for a page, which must be there. */
  async page(path: string, tenantId: string): Promise<EventsAnswer> {
    const response = await this.fetch(path, tenantId);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as EventsAnswer;
  }

  /** Follows `next` to the last page. */
  async pages(path: string, tenantId: string): Promise<EventsAnswer[]> {
    const pages = [await this.page(path, tenantId)];
    for (let next = pages[0]?.next; next; next = pages.at(-1)?.next) {
      const glue = path.includes('?') ? '&' : '?';
      pages.push(await this.page(`${path}${glue}cursor=${next}`, tenantId));
    }
    return pages;
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
