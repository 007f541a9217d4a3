import { Database, DatabaseModule, databaseMigrations, uuidv7, type Transaction } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import {
  defineEvent,
  EventStore,
  EventStoreModule,
  eventStoreAfterMigrate,
  eventStoreMigrations,
} from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { z } from 'zod';
import {
  Account,
  AccountOpened,
  BalancesProjection,
  bankMigrations,
  InlineBalancesProjection,
  LedgerProjection,
} from './fixtures/bank.js';
import { createTestDatabase, until } from './fixtures/program.js';
import {
  Projection,
  Projections,
  ProjectionsModule,
  ProjectionsNotInitialised,
  projectionsMigrations,
  type ProjectionClass,
  type ProjectionHandler,
} from './index.js';
import { drain } from './testing.js';

const ctx = testContext();
let db: TestDatabase;
let app: TestingModule | undefined;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await db.close();
});

/** Appends as soon as it may, as a lib does that makes something at the first start. */
@Injectable()
class Eager implements OnModuleInit {
  constructor(private readonly store: EventStore) {}

  async onModuleInit(): Promise<void> {
    await this.store.save(ctx, Account.open(uuidv7(), 'eager'));
  }
}

async function boot(projections: ProjectionClass[], runner = true): Promise<TestingModule> {
  return (await compiled(projections, runner)).init();
}

async function compiled(projections: ProjectionClass[], runner: boolean): Promise<TestingModule> {
  @Module({
    imports: [EventStoreModule.forFeature([Account]), ProjectionsModule.forFeature(projections)],
    providers: [Eager],
  })
  class BankModule {}
  const { owner, app: appUrl, system } = db.urls;
  app = await Test.createTestingModule({
    imports: [
      BankModule,
      ProjectionsModule.forRoot({ runner }),
      EventStoreModule.forRoot(),
      DatabaseModule.forRoot({
        urls: { owner, app: appUrl, system },
        migrations: [
          ...databaseMigrations,
          ...eventStoreMigrations,
          ...projectionsMigrations,
          ...bankMigrations,
        ],
        afterMigrate: [eventStoreAfterMigrate],
        isolationGate: false,
      }),
    ],
  }).compile();
  return app;
}

describe('ProjectionsModule', () => {
  it('runs what was registered, from the first append on', async () => {
    const booted = await boot([BalancesProjection, InlineBalancesProjection]);
    await drain(booted);
    const database = booted.get(Database);
    for (const table of ['acci.balances', 'acci.balances_inline']) {
      expect(await database.queryInTenant(ctx.tenantId, `select owner from ${table}`)).toEqual([
        { owner: 'eager' },
      ]);
    }
  });

  it('refuses an append that comes before inline projections can have it', async () => {
    const early = await compiled([InlineBalancesProjection], false);
    const append = () => early.get(EventStore).save(ctx, Account.open(uuidv7(), 'early'));
    await expect(append()).rejects.toThrow(ProjectionsNotInitialised);
    await early.init();
    await append();
    const rows = await early
      .get(Database)
      .queryInTenant(ctx.tenantId, 'select owner from acci.balances_inline order by owner');
    expect(rows).toEqual([{ owner: 'eager' }, { owner: 'early' }]);
  });

  it('leaves the log alone where it is told to, and gives its leases back when it ends', async () => {
    const waiting = await boot([BalancesProjection], false);
    expect(await waiting.get(Projections).status()).toMatchObject([
      { name: 'bank.balances', shares: Array.from({ length: 4 }, () => ({ lease: undefined })) },
    ]);
    await waiting.close();
    await drain(await boot([BalancesProjection]));
    // Free for a moment when the first build begins to serve.
    const held = () =>
      db.admin('select from acci.projection_shares where lease_holder like $1', [`%/${process.pid}/%`]);
    await until(async () => (await held()).length > 0);
    await app?.close();
    app = undefined;
    expect(await db.admin('select from acci.projection_shares where lease_holder is not null')).toEqual([]);
  });

  const Stranger = defineEvent({ type: 'bank.account.stranger', version: 1, schema: z.object({}) });
  const nothing = (events: (typeof AccountOpened | typeof Stranger)[], tables: string[]): ProjectionClass => {
    @Projection({ name: 'bank.nothing', version: 1, lifecycle: 'async', events, tables })
    class Nothing implements ProjectionHandler {
      handle(_event: unknown, _tx: Transaction): void {}
    }
    return Nothing;
  };

  it.each([
    [
      'an event that no aggregate lists',
      nothing([Stranger], ['acci.balances']),
      /bank.account.stranger version 1/,
    ],
    [
      'a table that does not exist',
      nothing([AccountOpened], ['acci.nowhere']),
      /acci.nowhere, which does not exist/,
    ],
    [
      'a table without a tenant',
      nothing([AccountOpened], ['acci.projections']),
      /acci.projections, which is no tenant table/,
    ],
    [
      'a table that may not be emptied',
      nothing([AccountOpened], ['acci.events']),
      /acci.events, which .* may not delete from/,
    ],
  ])('refuses to boot with %s', async (_what, type, message) => {
    await expect(boot([LedgerProjection, type])).rejects.toThrow(message);
  });
});
