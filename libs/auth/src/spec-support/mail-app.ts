import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseModule } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { EnvironmentKey, EventStoreModule } from '@acci/event-store';
import { MailModule } from '@acci/mail';
import { MailServer } from '@acci/mail/testing';
import { ProjectionsModule, Reactions, ReactionsModule } from '@acci/projections';
import { drain } from '@acci/projections/testing';
import { configureApp, fastifyOptions } from '@acci/rest';
import { TenancyModule } from '@acci/tenancy';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AuthHttpModule, AuthMailModule, AuthModule, type AuthModuleOptions } from '../index.js';
import { AuthServer, createAuthDatabase } from './auth-app.js';
import { cheapHashing, migrations } from './house.module.js';

const masterKey = Buffer.alloc(32, 'auth specs').toString('base64');

/** A server that sends its users mails, and the mail server that takes them. */
export class MailApp {
  private constructor(
    readonly db: TestDatabase,
    readonly mail: MailServer,
    readonly app: INestApplication,
    readonly server: AuthServer,
  ) {}

  static async start(options: AuthModuleOptions = {}): Promise<MailApp> {
    const [db, mail] = await Promise.all([createAuthDatabase(), MailServer.start()]);
    try {
      const app = await startApp(db, mail, options);
      const { port } = app.getHttpServer().address() as AddressInfo;
      return new MailApp(db, mail, app, AuthServer.at(app, port));
    } catch (error) {
      // Or the tests would never end.
      await Promise.all([db.close(), mail.close()]);
      throw error;
    }
  }

  /** Whatever the app has of a class, also of one that only makes itself. */
  get<T>(type: Function & { readonly prototype: T }): T {
    return this.app.get<T>(type, { strict: false });
  }

  /** Posts with a host name of the caller's choice, which `fetch` would not send. */
  rawPost(path: string, body: object, host: string): Promise<{ status: number }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number }>();
    const headers = { host, 'content-type': 'application/json' };
    const { port } = this.server;
    request({ port, path, method: 'POST', headers, host: '127.0.0.1' }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0 });
    })
      .on('error', reject)
      .end(JSON.stringify(body));
    return promise;
  }

  /** Waits until everything that happened so far has been mailed, or found not to be for mailing. */
  async settled(): Promise<void> {
    await drain(this.app);
    const reactions = this.get(Reactions);
    while ((await reactions.backlog()).some(({ waiting }) => waiting > 0)) await sleep(20);
  }

  async close(): Promise<void> {
    await this.app.close();
    await Promise.all([this.db.close(), this.mail.close()]);
  }
}

/** The token in the link of a mail. */
export function tokenIn({ links }: { readonly links: readonly string[] }): string {
  return new URL(links[0] ?? 'about:blank').hash.replace('#token=', '');
}

async function startApp(
  db: TestDatabase,
  mail: MailServer,
  options: AuthModuleOptions,
): Promise<INestApplication> {
  @Module({
    imports: [
      CqrsModule.forRoot(),
      DatabaseModule.forRoot({ urls: db.urls, migrations }),
      EventStoreModule.forRoot({ keyProvider: new EnvironmentKey(masterKey) }),
      ProjectionsModule.forRoot({ runner: true }),
      ReactionsModule.forRoot({ worker: true }),
      TenancyModule.forRoot(),
      MailModule.forRoot({
        from: 'ACCI <acci@example.com>',
        transport: { smtp: mail.url, requireTls: false },
      }),
      AuthModule.forRoot({
        publicUrl: 'https://app.example.com',
        quietAnswerMs: 10,
        passwordHashing: cheapHashing,
        ...options,
      }),
      AuthHttpModule,
      AuthMailModule,
    ],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, new FastifyAdapter(fastifyOptions()), {
    logger: false,
    abortOnError: false,
  });
  configureApp(app, { rateLimits: false });
  await app.listen(0, '127.0.0.1');
  return app;
}
