import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { Database, databaseMigrations, EmbeddedServer, migrate, uuidv7 } from '@acci/database';
import { testDirectory, type TestDatabase } from '@acci/database/testing';
import { Account } from './fixtures/account.js';
import { bankStore, createTestDatabase } from './fixtures/bank.js';
import {
  comparePositions,
  EpochNotAdopted,
  eventStoreAfterMigrate,
  eventStoreMigrations,
  type EventStore,
} from './index.js';
import { testContext } from './testing/context.js';

const ctx = testContext();
const otherCtx = testContext();

/** What the app does at each start. */
function boot(ownerUrl: string): Promise<string[]> {
  const migrations = [...databaseMigrations, ...eventStoreMigrations];
  return migrate({ ownerUrl, migrations, afterMigrate: [eventStoreAfterMigrate] });
}

async function appendSome(store: EventStore, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const id = uuidv7();
    const account = Account.open(id, id);
    account.deposit(1);
    await store.save(index % 2 ? ctx : otherCtx, account);
  }
}

describe('in the cluster where it began', () => {
  let db: TestDatabase;
  let store: EventStore;
  beforeAll(async () => {
    db = await createTestDatabase();
    store = bankStore(db.database);
  });
  afterAll(() => db.close());

  it('the log stays in its epoch, however often the app starts', async () => {
    await boot(db.urls.owner);
    await boot(db.urls.owner);
    expect(await db.admin('select epoch from acci.event_epochs')).toEqual([{ epoch: 1 }]);
    await store.verifyEpoch();
  });

  it('a log from another cluster begins a new epoch, after every append that is under way', async () => {
    await appendSome(store, 2);
    await db.admin('update acci.event_epochs set system_identifier = system_identifier - 1');
    let booted: Promise<unknown> | undefined;
    await db.database.inTenant(ctx.tenantId, async () => {
      await appendSome(bankStore(db.database), 1).catch(() => {});
      await store.save(ctx, Account.open('under-way', 'under-way'));
      booted = boot(db.urls.owner);
      const first = await Promise.race([booted.then(() => 'booted'), sleep(300).then(() => 'waiting')]);
      expect(first).toBe('waiting');
    });
    await booted;
    await appendSome(store, 1);
    const events = await store.readAll(undefined, 100);
    expect(events.map(({ position }) => position.epoch)).toEqual([
      ...Array<number>(events.length - 2).fill(1),
      2,
      2,
    ]);
    expect(events.at(-3)?.streamId).toBe('under-way');
  });
});

describe('restored into another cluster by copying rows', () => {
  let source: TestDatabase;
  let directory: string;
  let server: EmbeddedServer;
  let admin: Client;
  let database: Database;
  let before: Awaited<ReturnType<EventStore['readAll']>>;
  let store: EventStore;

  beforeAll(async () => {
    source = await createTestDatabase();
    // Transactions that the new cluster has yet to reach.
    await source.admin(
      'do $$ begin for i in 1..5000 loop perform pg_current_xact_id(); commit; end loop; end $$',
    );
    const sourceStore = bankStore(source.database);
    await appendSome(sourceStore, 20);
    before = await sourceStore.readAll(undefined, 1_000);

    directory = await mkdtemp(join(await testDirectory(), 'acci-restore-'));
    server = await EmbeddedServer.start({ directory, durable: false });
    await boot(server.urls.owner);
    admin = new Client({ connectionString: server.urls.admin });
    await admin.connect();
    await admin.query('truncate acci.event_epochs');
    for (const table of ['event_epochs', 'events', 'unique_claims']) await copy(table);
    // A dump brings the column's default along; copied rows alone do not, so put it here by hand.
    const [row] = await source.admin<{ expression: string }>(
      `select column_default as expression from information_schema.columns
        where table_schema = 'acci' and table_name = 'events' and column_name = 'epoch'`,
    );
    await admin.query(`alter table acci.events alter epoch set default ${row?.expression}`);
    database = await Database.connect({ urls: server.urls });
    store = bankStore(database);
  });

  afterAll(async () => {
    await Promise.all([database?.close(), admin?.end(), source.close()]);
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function copy(table: string): Promise<void> {
    const rows = await source.admin<{ row: string }>(`select to_json(t)::text as row from acci.${table} t`);
    await admin.query(
      `insert into acci.${table} overriding system value
       select * from json_populate_recordset(null::acci.${table}, $1)`,
      [`[${rows.map(({ row }) => row).join(',')}]`],
    );
  }

  it('the log is neither read nor written before it was adopted', async () => {
    const { rows } = await admin.query<{ ahead: boolean }>(
      'select min(transaction) > pg_current_xact_id() as ahead from acci.events',
    );
    expect(rows).toEqual([{ ahead: true }]);
    await expect(store.verifyEpoch()).rejects.toThrow(EpochNotAdopted);
    await expect(store.readAll(undefined, 10)).rejects.toThrow(EpochNotAdopted);
    await expect(store.head()).rejects.toThrow(EpochNotAdopted);
    await expect(store.save(ctx, Account.open('early', 'early'))).rejects.toThrow(EpochNotAdopted);
  });

  it('every event is there afterwards, in its old order', async () => {
    await boot(server.urls.owner);
    await store.verifyEpoch();
    expect(await store.readAll(undefined, 1_000)).toEqual(before);
  });

  it('new events come after the old ones, and old cursors go on', async () => {
    await appendSome(store, 5);
    const cursor = before[24]?.position;
    const rest = await store.readAll(cursor, 1_000);
    expect(rest.slice(0, before.length - 25)).toEqual(before.slice(25));
    const added = rest.slice(before.length - 25);
    expect(added).toHaveLength(10);
    expect(added.every(({ position }) => position.epoch === 2)).toBe(true);
    expect(rest.map(({ position }) => position).toSorted(comparePositions)).toEqual(
      rest.map(({ position }) => position),
    );
    const numbers = [...before, ...added].map(({ position }) => position.position);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(await store.head()).toEqual(added.at(-1)?.position);
  });

  it('streams go on where they were, and names stay taken', async () => {
    const [first] = before;
    const tenant = testContext({ tenantId: first?.tenantId ?? '' });
    const { version } = await store.update(tenant, Account, first?.streamId ?? '', (account) =>
      account.deposit(1),
    );
    expect(version).toBe(3);
    const again = Account.open(uuidv7(), first?.streamId ?? '');
    await expect(store.save(tenant, again)).rejects.toMatchObject({ code: 'bank.account.name_taken' });
  });

  it('a copy without its epochs is noticed, and can be adopted', async () => {
    await admin.query(`delete from acci.event_epochs where epoch = 1`);
    await admin.query(`update acci.event_epochs set epoch = 1`);
    await expect(store.verifyEpoch()).rejects.toThrow(EpochNotAdopted);
    await admin.query('truncate acci.event_epochs');
    await boot(server.urls.owner);
    await store.verifyEpoch();
    await appendSome(store, 1);
    const all = await store.readAll(undefined, 1_000);
    expect(all.at(-1)?.position.epoch).toBe(3);
    expect(all).toHaveLength(before.length + 10 + 1 + 2);
  });
});
