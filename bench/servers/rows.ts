import 'reflect-metadata';
import { PlatformModule, readConfig } from '@acci/api';
import { CreateUser, Sessions, SessionTerms } from '@acci/auth';
import { Database, prepared, uuidv7 } from '@acci/database';
import { configureApp, fastifyOptions, Public, RequirePermission } from '@acci/rest';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { announce } from './protocol.ts';

// One handler behind two routes: to one everybody is let in, to the other whoever has a session.
const selectRow = prepared('select id, body from bench.notes where tenant_id = $1 and id = 1');
const [users, sessionsEach] = [100, 100];
const tokens: string[] = [];

class RowController {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async open(): Promise<unknown> {
    return (await this.database.readInTenant(PLATFORM_TENANT_ID, selectRow, [PLATFORM_TENANT_ID]))[0];
  }

  async guarded(): Promise<unknown> {
    return this.open();
  }

  tokens(): string[] {
    return tokens;
  }
}

// Node strips types but does not know decorators; these are the same calls that a compiler makes of them.
const { prototype } = RowController;
for (const [name, access] of [
  ['open', Public()],
  ['guarded', RequirePermission('auth.me.read')],
  ['tokens', Public()],
] as const) {
  const method = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
  access(prototype, name, method);
  Get(name)(prototype, name, method);
}
Controller({ path: 'rows', version: '1' })(RowController);
Inject(Database)(RowController, undefined, 0);

const config = readConfig(process.env);
const { DATABASE_URL: app = '', DATABASE_SYSTEM_URL: system = '', DATABASE_OWNER_URL: owner = '' } = config;
class RowsModule {}
Module({
  imports: [PlatformModule.forRoot(config, { urls: { app, system, owner } }, 'bench-rows')],
  controllers: [RowController],
})(RowsModule);

const server = await NestFactory.create<NestFastifyApplication>(
  RowsModule,
  new FastifyAdapter(fastifyOptions()),
  { logger: false },
);
configureApp(server, { rateLimits: false });
await server.listen(0, '127.0.0.1');
await Promise.all(Array.from({ length: users }, logInOften));
announce(Number(new URL(await server.getUrl()).port));

async function logInOften(): Promise<void> {
  const ctx = { tenantId: PLATFORM_TENANT_ID, actor: 'system:bench', correlationId: uuidv7() };
  const who = { email: `${uuidv7()}@example.com`, emailVerified: true };
  const { streamId: userId } = await server
    .get(CommandBus, { strict: false })
    .execute(new CreateUser(ctx, who));
  const lifetimes = await server.get(SessionTerms).of(ctx.tenantId);
  const wish = { userId, amr: ['pwd'], device: null, address: null, lifetimes };
  for (let count = 0; count < sessionsEach; count += 1) {
    const { token } = await server
      .get(Database)
      .inTenant(ctx.tenantId, (tx) => server.get(Sessions).start(tx, ctx, wish));
    tokens.push(token);
  }
}
