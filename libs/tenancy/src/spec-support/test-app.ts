import type { AddressInfo } from 'node:net';
import { databaseMigrations, DatabaseModule, type MigrationClass } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import { eventStoreAfterMigrate, eventStoreMigrations, EventStoreModule } from '@acci/event-store';
import { ProjectionsModule, projectionsMigrations } from '@acci/projections';
import {
  accessOf,
  configureApp,
  fastifyOptions,
  IDEMPOTENCY_STORE,
  rawRequest,
  setIdentity,
  type AnyRequest,
} from '@acci/rest';
import {
  ForbiddenException,
  Global,
  Injectable,
  Module,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type INestApplicationContext,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  PLATFORM_TENANT_ID,
  PostgresIdempotencyStore,
  TenancyHttpModule,
  TenancyModule,
  tenancyMigrations,
  type TenancyModuleOptions,
} from '../index.js';

export const adapters = ['fastify', 'express'] as const;

/** A fresh database with the tables of this library. */
export function createTestDatabase(more: readonly MigrationClass[] = []): Promise<TestDatabase> {
  return TestDatabase.create({
    migrations: [
      ...databaseMigrations,
      ...eventStoreMigrations,
      ...projectionsMigrations,
      ...tenancyMigrations,
      ...more,
    ],
    afterMigrate: [eventStoreAfterMigrate],
  });
}

/**
 * Stands in for `@acci/auth`: the bearer token is the tenant's id, and everybody may do everything but what the
 * header `x-without` names.
 */
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

@Global()
@Module({
  providers: [
    { provide: APP_GUARD, useClass: StubAuthGuard },
    { provide: IDEMPOTENCY_STORE, useClass: PostgresIdempotencyStore },
  ],
  exports: [IDEMPOTENCY_STORE],
})
class StubModule {}

function appModule(db: TestDatabase, options: TenancyModuleOptions): Type {
  @Module({
    imports: [
      DatabaseModule.forRoot({ urls: db.urls, migrations: [], migrateOnStart: false }),
      EventStoreModule.forRoot(),
      ProjectionsModule.forRoot({ runner: false }),
      TenancyModule.forRoot(options),
      TenancyHttpModule,
      StubModule,
    ],
  })
  class AppModule {}
  return AppModule;
}

const quiet = { logger: false, abortOnError: false } as const;

/** A process without HTTP on a test database. */
export async function startProcess(
  db: TestDatabase,
  options: TenancyModuleOptions = {},
): Promise<TestProcess> {
  return new TestProcess(await NestFactory.createApplicationContext(appModule(db, options), quiet));
}

/** What tests ask a process for. */
export class TestProcess {
  readonly commandBus: CommandBus;
  readonly queryBus: QueryBus;

  constructor(readonly app: INestApplicationContext) {
    this.commandBus = app.get(CommandBus);
    this.queryBus = app.get(QueryBus);
  }

  get<T>(type: abstract new (...args: never[]) => T): T {
    return this.app.get<T>(type, { strict: false });
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

/** A process with HTTP, and a client of the platform for it. */
export class TestServer {
  private constructor(
    readonly app: INestApplication,
    readonly url: string,
  ) {}

  static async start(
    adapter: (typeof adapters)[number],
    db: TestDatabase,
    options: TenancyModuleOptions = {},
  ): Promise<TestServer> {
    const app = await NestFactory.create(
      appModule(db, options),
      adapter === 'fastify' ? new FastifyAdapter(fastifyOptions()) : new ExpressAdapter(),
      quiet,
    );
    configureApp(app, { rateLimits: false });
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new TestServer(app, `http://127.0.0.1:${port}`);
  }

  /** @param headers win over those of the platform's own key. */
  fetch(
    path: string,
    { headers = {}, ...init }: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const authorization = `Bearer ${PLATFORM_TENANT_ID}`;
    return fetch(this.url + path, { ...init, headers: { authorization, ...headers } });
  }

  send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    if (body === undefined) return this.fetch(path, { method, headers });
    return this.fetch(path, {
      method,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  async json<T>(path: string): Promise<T> {
    const response = await this.fetch(path);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
