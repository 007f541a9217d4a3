import { TestDatabase } from '@acci/database/testing';
import { configureApp, fastifyOptions, type RestOptions } from '@acci/rest';
import { MessageReader } from '@acci/rest/testing';
import { type INestApplication, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import type { AuthModuleOptions } from '../index.js';
import { HouseModule, migrations } from './house.module.js';

/** A database with everything that the lib needs in it. */
export function createAuthDatabase(): Promise<TestDatabase> {
  return TestDatabase.create({ migrations });
}

/** A process that does not listen, with connections of its own. */
export function startContext(
  db: TestDatabase,
  operatorKey?: string,
  options: AuthModuleOptions = {},
): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(HouseModule.forRoot(db.urls, operatorKey, options), {
    logger: false,
    abortOnError: false,
  });
}

export const adapters = ['fastify', 'express'] as const;

/** A server, and how to talk to it. */
export class AuthServer {
  private constructor(
    readonly app: INestApplication,
    readonly port: number,
  ) {}

  static async start(
    adapter: (typeof adapters)[number],
    db: TestDatabase,
    controllers: Type[] = [],
    options: AuthModuleOptions = {},
    trustProxy: boolean | string = false,
    rest: RestOptions = {},
  ): Promise<AuthServer> {
    @Module({ imports: [CqrsModule, HouseModule.forRoot(db.urls, undefined, options)], controllers })
    class AppModule {}
    const app = await NestFactory.create(
      AppModule,
      adapter === 'fastify' ? new FastifyAdapter(fastifyOptions({ trustProxy })) : new ExpressAdapter(),
      { logger: false, abortOnError: false },
    );
    configureApp(app, { rateLimits: false, ...rest });
    await app.listen(0, '127.0.0.1');
    return new AuthServer(app, (app.getHttpServer().address() as AddressInfo).port);
  }

  /** The one that runs in an app of the test's own. */
  static at(app: INestApplication, port: number): AuthServer {
    return new AuthServer(app, port);
  }

  /** Sends a request; `key` goes into a well-formed Authorization header. */
  async send(
    method: string,
    path: string,
    key?: string,
    body?: unknown,
    more: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...more,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    const text = await response.text();
    const { status, headers } = response;
    return { status, headers, body: text === '' ? undefined : JSON.parse(text) };
  }
}

/** Opens live streams of a server, and ends them after each test. */
export function followIn(server: () => AuthServer) {
  const open: MessageReader[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((reader) => reader.close()));
  });
  /** Opens one below `/v1`, with what goes well-formed into an Authorization header. */
  return async (path: string, key: string, headers: Record<string, string> = {}): Promise<MessageReader> => {
    const url = `http://127.0.0.1:${server().port}/v1/${path}`;
    const reader = await MessageReader.of(
      fetch(url, { headers: { authorization: `Bearer ${key}`, ...headers } }),
    );
    open.push(reader);
    return reader;
  };
}

/** What came back, with a body that tests look into freely. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- the tests say what is expected in it
  readonly body: any;
}
