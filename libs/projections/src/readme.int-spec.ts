import { readFile } from 'node:fs/promises';
import { databaseMigrations, DatabaseModule, uuidv7 } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import {
  EventStore,
  EventStoreModule,
  eventStoreAfterMigrate,
  eventStoreMigrations,
} from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  CreateCustomerTotals1767225600000,
  CustomerTotalsProjection,
  Order,
  OrderPlaced,
  ShopModule,
} from './fixtures/readme-example.js';
import { ProjectionsModule, projectionsMigrations } from './index.js';
import { drain, happened, runProjection } from './testing.js';

const migrations = [
  ...databaseMigrations,
  ...eventStoreMigrations,
  ...projectionsMigrations,
  CreateCustomerTotals1767225600000,
];
const readTotals = 'select customer, orders, total from shop.customer_totals';

let db: TestDatabase;
let app: TestingModule | undefined;
beforeEach(async () => {
  db = await TestDatabase.create({ migrations, afterMigrate: [eventStoreAfterMigrate] });
});
afterEach(async () => {
  await app?.close();
  await db.close();
});

describe('the example of the README', () => {
  it('is the one that is compiled here', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const example = await readFile(new URL('./fixtures/readme-example.ts', import.meta.url), 'utf8');
    expect(/```ts\n([^]*?)```/.exec(readme)?.[1]).toBe(example);
  });

  it('passes its test', async () => {
    const tenantId = uuidv7();
    await runProjection(db.database, new CustomerTotalsProjection(), [
      happened(OrderPlaced.of({ customer: 'ada', total: 12 }), { tenantId, streamId: 'order-1' }),
      happened(OrderPlaced.of({ customer: 'ada', total: 30 }), { tenantId, streamId: 'order-2' }),
    ]);
    expect(await db.database.queryInTenant(tenantId, readTotals)).toEqual([
      { customer: 'ada', orders: 2, total: '42' },
    ]);
  });

  it('runs in an app, which passes the isolation gate', async () => {
    app = await Test.createTestingModule({
      imports: [
        DatabaseModule.forRoot({ urls: db.urls, migrations, afterMigrate: [eventStoreAfterMigrate] }),
        EventStoreModule.forRoot(),
        ProjectionsModule.forRoot({ runner: true }),
        ShopModule,
      ],
    }).compile();
    await app.init();
    const ctx = testContext();
    const order = new Order(uuidv7());
    order.place('ada', 12);
    await app.get(EventStore).save(ctx, order);
    await drain(app);
    expect(await db.database.queryInTenant(ctx.tenantId, readTotals)).toEqual([
      { customer: 'ada', orders: 1, total: '12' },
    ]);
  });
});
