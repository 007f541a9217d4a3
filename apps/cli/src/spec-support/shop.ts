import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseModule, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import {
  Aggregate,
  defineEvent,
  EventStore,
  EventStoreModule,
  formatPosition,
  type EventOf,
  type RecordedEvent,
} from '@acci/event-store';
import {
  Projection,
  ProjectionsModule,
  ReactionsModule,
  readTable,
  Subscription,
  type ProjectedEvent,
  type ProjectionHandler,
  type ProjectionTransaction,
  type SubscriptionHandler,
} from '@acci/projections';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { z } from 'zod';

const OrderPlaced = defineEvent({
  type: 'shop.order.placed',
  version: 1,
  schema: z.object({ total: z.number() }),
});
type OrderPlaced = EventOf<typeof OrderPlaced>;

class Order extends Aggregate {
  static readonly streamType = 'shop.order';
  static readonly events = [OrderPlaced];

  place(total: number): void {
    this.record(OrderPlaced.of({ total }));
  }

  protected override apply(): void {}
}

const orders = readTable('shop.order_list', {
  version: 1,
  columns: { order_id: 'text', total: 'int not null' },
  key: ['order_id'],
});

/** What is wrong in the world: a test may mend it. */
export const trouble = { withNegatives: true, withReceiver: false };

@Projection({
  name: 'shop.order-list',
  version: 1,
  lifecycle: 'async',
  events: [OrderPlaced],
  tables: [orders],
})
class OrderList implements ProjectionHandler<OrderPlaced> {
  handle({ streamId, data }: ProjectedEvent<OrderPlaced>, tx: ProjectionTransaction): void {
    if (data.total < 0 && trouble.withNegatives) throw new Error('A total is negative');
    tx.put(orders, { order_id: streamId, total: data.total });
  }
}

/** The totals that arrived outside. */
export const arrived: number[] = [];

@Subscription({ name: 'shop.order-webhook', events: [OrderPlaced], from: 'beginning' })
class OrderWebhook implements SubscriptionHandler<OrderPlaced> {
  deliver({ data }: RecordedEvent<OrderPlaced>): void {
    if (trouble.withReceiver) throw new Error('The receiver answered 503');
    arrived.push(data.total);
  }
}

// Quick to give up and to find out, so that tests need not wait.
const hasty = { poll: { minMs: 2, maxMs: 20 }, retry: { attempts: 2, minMs: 1, maxMs: 2 } };

/** A server of another team, which `acci` knows nothing of but what it has put into the database. */
export class Shop {
  private constructor(
    private readonly app: INestApplicationContext,
    private readonly db: TestDatabase,
  ) {}

  static async start(db: TestDatabase): Promise<Shop> {
    @Module({
      imports: [
        DatabaseModule.forRoot({ urls: db.urls, migrations: [], migrateOnStart: false }),
        EventStoreModule.forRoot(),
        EventStoreModule.forFeature([Order]),
        CqrsModule.forRoot(),
        ProjectionsModule.forRoot({ runner: true, ...hasty }),
        ProjectionsModule.forFeature([OrderList]),
        ReactionsModule.forRoot({ worker: true, ...hasty }),
        ReactionsModule.forFeature([OrderWebhook]),
      ],
    })
    class ShopModule {}
    const app = await Test.createTestingModule({ imports: [ShopModule] })
      .setLogger({ log: quiet, warn: quiet, error: quiet })
      .compile();
    await app.init();
    return new Shop(app, db);
  }

  /** @returns where the event stands, as `acci` prints it. */
  async order(tenantId: string, total: number): Promise<string> {
    const order = new Order(uuidv7());
    order.place(total);
    const ctx = { tenantId, actor: 'user:ada', correlationId: 'a test' };
    const { position } = await this.app.get(EventStore).save(ctx, order);
    return position ? formatPosition(position) : '';
  }

  /** The totals in a tenant's list. */
  async listed(tenantId: string): Promise<number[]> {
    const rows = await this.db.admin<{ total: number }>(
      `select total from ${orders.name} where tenant_id = $1 order by total`,
      [tenantId],
    );
    return rows.map(({ total }) => total);
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

/** Asks until it is so. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 2_000; round += 1) {
    if (await condition()) return;
    await sleep(10);
  }
  throw new Error('It does not become so');
}

function quiet(): void {}
