import { Database, DatabaseModule, databaseMigrations, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Account } from './fixtures/account.js';
import { createTestDatabase } from './fixtures/bank.js';
import {
  Aggregate,
  EpochNotAdopted,
  EventStore,
  EventStoreModule,
  eventStoreAfterMigrate,
  eventStoreMigrations,
  EventTooLarge,
  RegistrationError,
  UnregisteredAggregate,
  type AggregateClass,
  type EventStoreOptions,
} from './index.js';
import { testContext } from './testing/context.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

function realDatabase(): DynamicModule {
  return DatabaseModule.forRoot({
    urls: db.urls,
    migrations: [...databaseMigrations, ...eventStoreMigrations],
    afterMigrate: [eventStoreAfterMigrate],
  });
}

/** For a start that fails at once: the real module would go on migrating and connecting behind its back. */
function connectedDatabase(): DynamicModule {
  @Module({})
  class ConnectedDatabaseModule {}
  const providers = [{ provide: Database, useValue: db.database }];
  return { module: ConnectedDatabaseModule, global: true, providers, exports: [Database] };
}

async function start(
  aggregates: readonly AggregateClass[],
  { options, database = realDatabase() }: { options?: EventStoreOptions; database?: DynamicModule } = {},
): Promise<INestApplicationContext> {
  @Module({ imports: [EventStoreModule.forFeature(aggregates)] })
  class BankModule {}

  @Module({ imports: [database, EventStoreModule.forRoot(options), BankModule] })
  class AppModule {}

  return NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
}

describe('EventStoreModule', () => {
  it('gives a store that knows the aggregates of the features', async () => {
    const app = await start([Account]);
    const store = app.get(EventStore);
    const ctx = testContext();
    const account = Account.open(uuidv7(), 'Savings');
    await store.save(ctx, account);
    expect(await store.load(ctx, Account, account.id)).toEqual(account);
    await app.close();
  });

  it('does not let an aggregate be used that no feature lists', async () => {
    const app = await start([]);
    await expect(app.get(EventStore).load(testContext(), Account, uuidv7())).rejects.toThrow(
      UnregisteredAggregate,
    );
    await app.close();
  });

  it('passes its limits on', async () => {
    const app = await start([Account], { options: { maxEventBytes: 100 } });
    const account = Account.open(uuidv7(), 'x'.repeat(100));
    await expect(app.get(EventStore).save(testContext(), account)).rejects.toThrow(EventTooLarge);
    await app.close();
  });

  it('does not start with an aggregate that is declared wrongly', async () => {
    class Empty extends Aggregate {
      static readonly streamType = 'bank.empty';
      static readonly events = [];
      protected apply(): void {}
    }
    await expect(start([Empty], { database: connectedDatabase() })).rejects.toThrow(RegistrationError);
  });

  it('does not start on the log of another cluster', async () => {
    await db.admin('update acci.event_epochs set system_identifier = system_identifier + 1');
    await expect(start([Account], { database: connectedDatabase() })).rejects.toThrow(EpochNotAdopted);
    await (await start([Account])).close();
    expect(await db.admin('select epoch from acci.event_epochs order by epoch')).toEqual([
      { epoch: 1 },
      { epoch: 2 },
    ]);
  });
});
