import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database, databaseMigrations, EmbeddedServer, migrate, uuidv7 } from '@acci/database';
import { testDirectory } from '@acci/database/testing';
import { eventStoreAfterMigrate, eventStoreMigrations } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Client } from 'pg';
import { Account, bankMigrations, BalancesProjection } from './fixtures/bank.js';
import { Program } from './fixtures/program.js';
import { projectionsMigrations, type HorizonHolder } from './index.js';

// Of its own, since a transaction left open holds back every database of a server, and slots belong to all of it.
const directory = join(await testDirectory(), `acci-horizon-${randomUUID()}`);
const ctx = testContext();
const everything = { olderThanSeconds: 0 };

let server: EmbeddedServer;
let database: Database;
let program: Program;
/** Another application on the same server, as its superuser: none of our business, and not ours to see. */
let stranger: Client;

beforeAll(async () => {
  const settings = { max_prepared_transactions: '2', wal_level: 'logical' };
  server = await EmbeddedServer.start({ directory, durable: false, settings });
  await migrate({
    ownerUrl: server.urls.owner,
    migrations: [...databaseMigrations, ...eventStoreMigrations, ...projectionsMigrations, ...bankMigrations],
    afterMigrate: [eventStoreAfterMigrate],
  });
  database = await Database.connect({ urls: server.urls });
  program = await Program.boot(database, [new BalancesProjection()], { ownerUrl: server.urls.owner });
  program.runner.start();
});
afterAll(async () => {
  await program?.runner.stop();
  await database?.close();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  stranger = new Client({ connectionString: server.urls.admin, application_name: 'night-job' });
  await stranger.connect();
});
afterEach(() => stranger?.end());

const open = (owner: string) => program.store.save(ctx, Account.open(uuidv7(), owner));
/** Of a transaction only the stranger's: the program itself may be in the middle of one. */
const holder = async (kind: HorizonHolder['kind'], question = everything) =>
  (await program.projections.horizon(question)).holders.find(
    (each) => each.kind === kind && (each.kind !== 'transaction' || each.application === 'night-job'),
  );
const pidOf = async () =>
  (await stranger.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;

/** Every account there is has its balance: nothing that was held back got lost. */
async function nothingIsLost(): Promise<void> {
  await program.drained();
  const { rows } = await stranger.query<{ missing: string }>(
    `select stream_id as missing from acci.events where stream_type = 'bank.account'
     except select account_id from acci.balances`,
  );
  expect(rows).toEqual([]);
}

it('names an open transaction, of whatever program, with its process and for how long it holds events back', async () => {
  const pid = await pidOf();
  await stranger.query('begin');
  await stranger.query('select pg_current_xact_id()');
  await open('ada');
  await sleep(30);
  expect(await holder('transaction')).toEqual({
    kind: 'transaction',
    holds: 'log',
    pid,
    user: new URL(server.urls.admin).username,
    application: 'night-job',
    ageSeconds: expect.any(Number) as number,
  });
  expect((await holder('transaction'))?.ageSeconds).toBeGreaterThan(0.02);
  expect(await program.projections.horizon(everything)).toMatchObject({ events: 1 });
  expect(await holder('transaction', { olderThanSeconds: 60 })).toBeUndefined();
  await stranger.query('rollback');
  expect(await holder('transaction')).toBeUndefined();
  await nothingIsLost();
});

it('names a prepared transaction, which no session has any more', async () => {
  await stranger.query('begin');
  await stranger.query('select pg_current_xact_id()');
  await stranger.query(`prepare transaction 'order-17'`);
  await open('grace');
  expect(await holder('prepared')).toMatchObject({ kind: 'prepared', holds: 'log', name: 'order-17' });
  expect(await program.projections.horizon(everything)).toMatchObject({ events: 1 });
  await stranger.query(`rollback prepared 'order-17'`);
  expect(await holder('prepared')).toBeUndefined();
  await nothingIsLost();
});

it('names a replication slot that nobody reads, which holds vacuum back but no event', async () => {
  await stranger.query(`select pg_create_logical_replication_slot('warehouse', 'pgoutput')`);
  await open('edsger');
  await nothingIsLost();
  expect(await holder('replication_slot')).toEqual({
    kind: 'replication_slot',
    holds: 'vacuum',
    name: 'warehouse',
    ageSeconds: expect.any(Number) as number,
  });
  await stranger.query(`select pg_drop_replication_slot('warehouse')`);
  expect(await holder('replication_slot')).toBeUndefined();
});
