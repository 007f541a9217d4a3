import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { DatabaseModule, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { EventStore, EventStoreModule } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { Order } from '../fixtures/orders.js';
import { createTestDatabase, hasty, until } from '../fixtures/program.js';
import { ShopReactionsModule, webhook } from '../fixtures/reactions-example.js';
import { hastyReactions } from '../fixtures/transfers.js';
import { ProjectionsModule, Reactions, ReactionsModule } from '../index.js';

const ctx = testContext();
const received: { order: string; type: string }[] = [];
let db: TestDatabase;
let app: INestApplicationContext;
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    void json(request).then((body) => {
      received.push(body as (typeof received)[number]);
      response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  webhook.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  db = await createTestDatabase();

  @Module({
    imports: [
      DatabaseModule.forRoot({ urls: db.urls, migrations: [], migrateOnStart: false }),
      EventStoreModule.forRoot(),
      EventStoreModule.forFeature([Order]),
      CqrsModule.forRoot(),
      ProjectionsModule.forRoot({ runner: true, ...hasty }),
      ReactionsModule.forRoot(hastyReactions),
      ShopReactionsModule,
    ],
  })
  class ShopModule {}
  app = await NestFactory.createApplicationContext(ShopModule, { logger: false, abortOnError: false });
});
afterAll(async () => {
  await app.close();
  server.close();
  await db.close();
});

const stateOf = (id: string) => app.get(Reactions).process(ctx, 'shop.payment', id);

it('lets an order lapse that nobody pays for, tells the outside, and leaves one alone that is paid', async () => {
  const store = app.get(EventStore);
  const [late, paid] = [uuidv7(), uuidv7()];
  await store.save(ctx, Order.place(late, 50));
  await store.save(ctx, Order.place(paid, 3_600_000));
  await store.update(ctx, Order, paid, (order) => order.pay());
  await until(async () => received.length === 3);
  await until(async () => (await stateOf(paid))?.status === 'completed');
  expect(received.filter(({ order }) => order === late).map(({ type }) => type)).toEqual([
    'shop.order.placed',
    'shop.order.lapsed',
  ]);
  expect(await stateOf(paid)).toMatchObject({ state: { paid: true } });
  expect(await db.admin(`select from acci.reaction_deliveries where kind = 'timer'`)).toEqual([]);
});

it('the document shows the code that ran here', async () => {
  const root = new URL('../../../../', import.meta.url);
  const document = await readFile(new URL('docs/reactions.md', root), 'utf8');
  const code = await readFile(new URL('../fixtures/reactions-example.ts', import.meta.url), 'utf8');
  const regions = [...code.matchAll(/\/\/ #region \w+\n(.*?)\/\/ #endregion/gs)].map(([, text = '']) => text);
  expect(regions).toHaveLength(2);
  for (const region of regions) expect(document).toContain(region.trim());
});
