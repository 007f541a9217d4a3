import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseModule, databaseMigrations, OwnerDatabase, uuidv7 } from '@acci/database';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { useBank } from '../fixtures/bank.js';
import { Savings } from '../fixtures/savings.js';
import {
  EventStore,
  EventStoreModule,
  eventStoreAfterMigrate,
  eventStoreMigrations,
  StreamArchiver,
  StreamArchiverModule,
  StreamConflict,
  type Position,
} from '../index.js';
import { testContext } from '../testing/context.js';
import { moveArchived } from '../testing/move-archived.js';

const bank = useBank([Savings]);
const { ctx } = bank;
let owner: OwnerDatabase;
let archiver: StreamArchiver;
beforeAll(() => {
  owner = new OwnerDatabase(bank.db.urls.owner);
  archiver = new StreamArchiver(bank.db.database, owner);
});
afterAll(() => owner.close());

async function archived(payments: number, context = ctx): Promise<string> {
  const savings = Savings.open(uuidv7());
  savings.payIn(...Array<number>(payments).fill(1));
  await bank.store.save(context, savings);
  await bank.store.archive(context, Savings, savings.id);
  return savings.id;
}

/** In how many places each event of a stream stands, in either table; and how many stand in the archive. */
async function standing(id: string): Promise<{ events: number; twice: number; archived: number }> {
  const [row] = await bank.db.admin<{ events: number; twice: number; archived: number }>(
    `select count(distinct version)::int as events, (count(*) - count(distinct version))::int as twice,
            count(*) filter (where archived)::int as archived
       from (select version, false as archived from acci.events where stream_id = $1
             union all select version, true from acci.archived_events where stream_id = $1)`,
    [id],
  );
  return row ?? { events: 0, twice: 0, archived: 0 };
}

type Query = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

/** The owner's hands, which fail after so many statements: a process that dies leaves what these leave. */
function mortal(allowed: number): StreamArchiver {
  let left = allowed;
  const hands = {
    inTenant: (tenantId: string, work: (query: Query) => Promise<unknown>) =>
      owner.inTenant(tenantId, (query) =>
        work((sql, values) => {
          left -= 1;
          if (left < 0) throw new Error('killed');
          return query(sql, values);
        }),
      ),
  };
  return new StreamArchiver(bank.db.database, hands as OwnerDatabase);
}

it('goes on where it was killed, at whichever statement, and reads never notice', async () => {
  const id = await archived(2_200);
  const stream = { tenantId: ctx.tenantId, streamId: id };
  const savings = await bank.store.load(ctx, Savings, id);
  const log = await bank.store.readAll(undefined, 10_000);
  const stages = new Set<number>();
  let killed = 0;
  for (let allowed = 0; ; allowed += 1) {
    const outcome = await moveArchived(mortal(allowed), bank.db.database, stream).catch(
      (error: Error) => error.message,
    );
    const { events, twice, archived: inArchive } = await standing(id);
    expect({ events, twice }).toEqual({ events: 2_202, twice: 0 });
    stages.add(inArchive);
    expect(await bank.store.load(ctx, Savings, id)).toEqual(savings);
    expect(await bank.store.readAll(undefined, 10_000)).toEqual(log);
    if (outcome !== 'killed') break;
    killed += 1;
  }
  // Once inside each of its statements, each time from where the last run had come.
  expect(killed).toBeGreaterThanOrEqual(5);
  expect([...stages].toSorted((a, b) => a - b)).toEqual([0, 1_000, 2_000, 2_201]);
  expect(await bank.db.admin('select from acci.streams_to_archive')).toEqual([]);
});

it('is done by one process at a time, while others append and read on', async () => {
  const ids = await Promise.all(Array.from({ length: 8 }, () => archived(300)));
  const total = (await bank.store.readAll(undefined, 100_000, { unsettled: true })).length;
  const archiving = { on: true };
  const appended: string[] = [];
  const append = async (): Promise<void> => {
    while (archiving.on) {
      const savings = Savings.open(uuidv7());
      savings.payIn(1);
      await bank.store.save(ctx, savings);
      appended.push(savings.id);
    }
  };
  const read = async (): Promise<void> => {
    while (archiving.on) {
      const seen = new Set<string>();
      let count = 0;
      for (let after: Position | undefined, more = true; more;) {
        const page = await bank.store.readAll(after, 500);
        for (const { id } of page) seen.add(id);
        count += page.length;
        after = page.at(-1)?.position;
        more = page.length === 500;
      }
      expect(count).toBe(seen.size);
      expect(count).toBeGreaterThanOrEqual(total);
    }
  };
  const work = Promise.all([append(), append(), read()]);
  const failures: unknown[] = [];
  const run = (): Promise<number> => archiver.runPending((_, error) => failures.push(error));
  let moved = 0;
  // Some may wait for a statement of the others that began before their end.
  while (moved < 8 * 301) moved += (await Promise.all([run(), run(), run()])).reduce((sum, n) => sum + n);
  archiving.on = false;
  await work;
  expect(failures).toEqual([]);
  expect(moved).toBe(8 * 301);
  for (const id of ids) expect(await standing(id)).toEqual({ events: 302, twice: 0, archived: 301 });
  expect(appended.length).toBeGreaterThan(0);
});

it('lets no stale writer in at the very moment when events are moved', async () => {
  for (let round = 0; round < 10; round += 1) {
    const savings = Savings.open(uuidv7());
    savings.payIn(1, 2, 3);
    await bank.store.save(ctx, savings);
    const stale = await Promise.all(
      [1, 2, 3, 4].map((version) => bank.store.load(ctx, Savings, savings.id, { version })),
    );
    await bank.store.archive(ctx, Savings, savings.id);
    for (const writer of stale) writer.payIn(9);
    const outcomes = await Promise.allSettled([
      ...stale.map((writer) => bank.store.save(ctx, writer)),
      bank.store.save(ctx, Savings.open(savings.id)),
      archiver.run(ctx.tenantId, savings.id),
    ]);
    const reasons = outcomes.slice(0, -1).map((outcome) => outcome.status === 'rejected' && outcome.reason);
    for (const reason of reasons) expect(reason).toBeInstanceOf(StreamConflict);
    await moveArchived(archiver, bank.db.database);
    expect(await standing(savings.id)).toEqual({ events: 5, twice: 0, archived: 4 });
  }
});

it('waits for statements that cannot see yet that the stream has ended', async () => {
  const savings = Savings.open(uuidv7());
  savings.payIn(1);
  await bank.store.save(ctx, savings);
  let opened = (): void => {};
  const open = new Promise<void>((resolve) => (opened = resolve));
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  // As of its first statement, the stream is open; with it, a transaction could append where an event was moved away.
  const old = bank.db.database.inTenant(
    ctx.tenantId,
    async (tx) => {
      await tx.query('select from acci.events limit 1');
      opened();
      await ended;
    },
    { isolation: 'repeatable read' },
  );
  await open;
  await bank.store.archive(ctx, Savings, savings.id);
  expect(await archiver.run(ctx.tenantId, savings.id)).toBe(0);
  expect((await standing(savings.id)).archived).toBe(0);
  end();
  await old;
  expect(await moveArchived(archiver, bank.db.database)).toBe(2);
});

it('reports a stream that cannot be moved, and goes on with the others', async () => {
  const other = testContext();
  const [broken, fine] = [await archived(1, other), await archived(1)];
  // Something else stands in the archive where the copy would: the trigger refuses to let the original go.
  await bank.db.admin(
    `insert into acci.archived_events
     select * from acci.events where stream_id = $1 and version = 1`,
    [broken],
  );
  await bank.db.admin('alter table acci.archived_events disable trigger append_only');
  await bank.db.admin(`update acci.archived_events set data = '{"owner":"eve"}' where stream_id = $1`, [
    broken,
  ]);
  await bank.db.admin('alter table acci.archived_events enable always trigger append_only');
  const failed: [string, unknown][] = [];
  let moved = 0;
  // Both may wait for a statement of somebody else that began before they were archived.
  while (moved < 2 || failed.length === 0)
    moved += await archiver.runPending((id, error) => failed.push([id, error]));
  expect(moved).toBe(2);
  for (const failure of failed)
    expect(failure).toEqual([
      broken,
      expect.objectContaining({ message: expect.stringMatching(/append-only/) }),
    ]);
  expect((await standing(fine)).archived).toBe(2);
  expect((await standing(broken)).archived).toBe(1);
});

it('goes through more streams than it can hold at once, and stops where it is told to', async () => {
  const [from, to] = [await archived(1), await archived(1)];
  // Requests of other tenants whose streams are nowhere, before and behind these.
  await bank.db.admin(
    `insert into acci.streams_to_archive
     select (case when n % 2 = 0 then '00000000' else 'ffffffff' end || '-0000-7000-8000-000000000001')::uuid, n::text, 1
       from generate_series(1, 1200) as n`,
  );
  const stopped = new AbortController();
  stopped.abort();
  expect(await archiver.runPending(undefined, stopped.signal)).toBe(0);
  const long = await archived(1_500);
  let moved = 0;
  while (moved === 0) moved = await archiver.run(ctx.tenantId, long, stopped.signal);
  expect(moved).toBe(1_000);
  while (moved < 4 + 1_501) moved += await archiver.runPending();
  for (const id of [from, to]) expect((await standing(id)).archived).toBe(2);
  await bank.db.admin(`delete from acci.streams_to_archive where version = 1`);
});

it('runs in a worker', async () => {
  @Module({
    imports: [
      DatabaseModule.forRoot({
        urls: bank.db.urls,
        migrations: [...databaseMigrations, ...eventStoreMigrations],
        afterMigrate: [eventStoreAfterMigrate],
      }),
      EventStoreModule.forRoot(),
      EventStoreModule.forFeature([Savings]),
      StreamArchiverModule.forRoot({ enabled: true, intervalMs: 10 }),
    ],
  })
  class WorkerModule {}
  const id = await archived(3);
  const app = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
  while ((await standing(id)).archived < 4) await sleep(10);
  expect(await app.get(EventStore).load(ctx, Savings, id)).toMatchObject({ version: 5 });
  await app.close();
});
