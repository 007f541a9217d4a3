import { setTimeout as sleep } from 'node:timers/promises';
import { Database, databaseMigrations, migrate, uuidv7 } from '@acci/database';
import { ReplicatedServer } from '@acci/database/testing';
import { eventStoreAfterMigrate, eventStoreMigrations } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Client } from 'pg';
import { Account, bankMigrations, LedgerProjection } from '../fixtures/bank.js';
import { Program, until } from '../fixtures/program.js';
import { projectionsMigrations } from '../index.js';

const ctx = testContext();

let servers: ReplicatedServer;
let database: Database;
let program: Program;
beforeEach(async () => {
  servers = await ReplicatedServer.start();
  await migrate({
    ownerUrl: servers.urls.owner,
    migrations: [...databaseMigrations, ...eventStoreMigrations, ...projectionsMigrations, ...bankMigrations],
    afterMigrate: [eventStoreAfterMigrate],
  });
  database = await Database.connect({ urls: servers.urls });
  program = await Program.boot(database, [new LedgerProjection()], {
    batchSize: 20,
    ownerUrl: servers.urls.owner,
  });
});
afterEach(async () => {
  await program?.runner.stop();
  await database?.close();
  await servers?.stop();
});

/** Opens accounts with a deposit or two, until it has opened as many; while the database is away it tries again. */
async function deposit(accounts: number): Promise<void> {
  for (let opened = 0; opened < accounts;) {
    const account = Account.open(uuidv7(), 'somebody', ...(opened % 2 ? [1] : [1, 2]));
    try {
      await program.store.save(ctx, account);
      opened += 1;
    } catch {
      await sleep(5);
    }
  }
}

/** Which deposits are in the log, in its order, and which are in the ledger, in the order of their entry. */
async function deposits(): Promise<{ readonly log: string[]; readonly ledger: string[] }> {
  const client = new Client({ connectionString: servers.urls.admin });
  await client.connect();
  try {
    const ids = async (sql: string) =>
      (await client.query<{ event_id: string }>(sql)).rows.map(({ event_id }) => event_id);
    return {
      log: await ids(`select event_id from acci.events where type = 'bank.account.money_moved'
                       order by epoch, transaction, position`),
      ledger: await ids('select event_id from acci.ledger order by number'),
    };
  } finally {
    await client.end();
  }
}

it('a projection goes on where a replica takes over under load, with nothing lost, doubled or out of order', async () => {
  program.runner.start();
  const depositing = Promise.all([deposit(100), deposit(100), deposit(100)]);
  await until(async () => (await deposits()).ledger.length > 50);
  await servers.killPrimary();
  await servers.promoteReplica();
  await depositing;
  await deposit(20);
  await program.drained();
  const { log, ledger } = await deposits();
  expect(ledger).toEqual(log);
  expect(log.length).toBeGreaterThan(150);
});

it('a projection does again what the old primary had not passed on, also if nothing more happens', async () => {
  await deposit(10);
  await servers.caughtUp();
  await servers.cutReplication();
  program.runner.start();
  await program.drained();
  await servers.killPrimary();
  await servers.promoteReplica();
  expect(await deposits()).toMatchObject({ ledger: [] });
  await until(async () => (await deposits()).ledger.length > 0);
  await program.drained();
  const { log, ledger } = await deposits();
  expect(log).toHaveLength(15);
  expect(ledger).toEqual(log);
});

it('a projection that had seen what got lost gets all that comes after', async () => {
  program.runner.start();
  await deposit(1);
  await program.drained();
  await servers.caughtUp();
  await servers.cutReplication();
  await deposit(50);
  await program.drained();
  await servers.killPrimary();
  await servers.promoteReplica();
  await deposit(10);
  await program.drained();
  const { log, ledger } = await deposits();
  expect(log).toHaveLength(2 + 15);
  expect(ledger).toEqual(log);
});
