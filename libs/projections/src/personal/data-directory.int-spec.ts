import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join, relative } from 'node:path';
import { DatabaseModule, databaseMigrations, EmbeddedServer, uuidv7 } from '@acci/database';
import { testDirectory } from '@acci/database/testing';
import {
  EnvironmentKey,
  EventStore,
  EventStoreModule,
  eventStoreAfterMigrate,
  eventStoreMigrations,
  PersonalData,
} from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Client } from 'pg';
import {
  InlineMembersProjection,
  MembersProjection,
  NotesProjection,
  peopleMigrations,
  Person,
} from '../fixtures/people.js';
import { hasty } from '../fixtures/program.js';
import { ProjectionsModule, projectionsMigrations } from '../index.js';
import { drain } from '../testing.js';

// What docs/personal-data.md tells operators to do, to the letter.
const scrub = {
  owner: ['members', 'members_inline', 'notes', 'unique_claims', 'snapshots', 'subject_keys'].map(
    (table) => `vacuum (full, analyze) acci.${table}`,
  ),
  admin: ['vacuum full pg_statistic', 'select pg_switch_wal()', 'checkpoint'],
};

const ctx = testContext();
let directory: string;
let server: EmbeddedServer;
let app: INestApplicationContext;

beforeAll(async () => {
  directory = await fs.mkdtemp(join(await testDirectory(), 'acci-forgetting-'));
  // Segments of the log that are not needed any more are removed, and not kept to be written over some day.
  const settings = { wal_recycle: 'off', min_wal_size: '32MB' };
  server = await EmbeddedServer.start({ directory, durable: false, settings });
  const migrations = [
    ...databaseMigrations,
    ...eventStoreMigrations,
    ...projectionsMigrations,
    ...peopleMigrations,
  ];

  @Module({
    imports: [
      DatabaseModule.forRoot({ urls: server.urls, migrations, afterMigrate: [eventStoreAfterMigrate] }),
      EventStoreModule.forRoot({ keyProvider: new EnvironmentKey(randomBytes(32).toString('base64')) }),
      EventStoreModule.forFeature([Person]),
      ProjectionsModule.forRoot({ runner: true, ...hasty }),
      ProjectionsModule.forFeature([MembersProjection, InlineMembersProjection, NotesProjection]),
    ],
  })
  class ClubModule {}
  app = await NestFactory.createApplicationContext(ClubModule, { logger: false, abortOnError: false });
});
afterAll(async () => {
  await app.close();
  await server.stop();
  await fs.rm(directory, { recursive: true, force: true });
});

async function run(
  role: 'admin' | 'owner',
  statements: readonly string[],
): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: server.urls[role] });
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const sql of statements) ({ rows } = await client.query<Record<string, unknown>>(sql));
    return rows;
  } finally {
    await client.end();
  }
}

/** The files of the data directory that have these bytes anywhere: tables, indexes, statistics, the write-ahead log. */
async function filesWith(wanted: string | Buffer): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await fs.readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    // A file may be removed while we look.
    const content = await fs.readFile(path).catch(() => Buffer.alloc(0));
    if (content.includes(wanted)) found.push(relative(directory, path));
  }
  return found;
}

async function fileOf(table: string): Promise<string> {
  const [row] = await run('admin', [`select pg_relation_filepath('${table}') as path`]);
  return String(row?.['path']);
}

it('who is forgotten is nowhere on the disk', async () => {
  const [store, personalData] = [app.get(EventStore), app.get(PersonalData)];
  // Some that stay, so that there is something to be found afterwards as well.
  const stays = `stays-${uuidv7()}`;
  await store.save(ctx, Person.join(uuidv7(), `${stays}@example.com`, [stays, stays]));
  const secret = `secret-${uuidv7()}`;
  const id = uuidv7();
  const person = Person.join(id, `${secret}@example.com`, [secret, secret, secret]);
  await store.save(ctx, person);
  await store.update(ctx, Person, id, (again) => again.take(secret));
  await store.flushSnapshots();
  await drain(app);
  const [key] = await run('admin', [`select wrapped from acci.subject_keys where subject = '${id}'`]);
  const wrapped = key?.['wrapped'] as Buffer;
  await run('admin', ['analyze', 'checkpoint']);

  const before = await filesWith(secret);
  for (const table of ['members', 'members_inline', 'notes', 'members_by_email', 'pg_statistic'])
    expect(before).toContainEqual(
      expect.stringContaining(await fileOf(table.startsWith('pg_') ? table : `acci.${table}`)),
    );
  expect(before).toContainEqual(expect.stringContaining('pg_wal'));
  // Neither the log nor what is made of it: events, snapshots and unique values never have it in clear.
  for (const table of ['events', 'snapshots', 'unique_claims']) {
    const file = await fileOf(`acci.${table}`);
    expect(before.filter((path) => path.endsWith(file))).toEqual([]);
    expect(await run('admin', [`select from acci.${table} where stream_id = '${id}'`])).not.toEqual([]);
  }

  const receipt = await personalData.forget(ctx, id);
  await drain(app);
  await run('admin', ['checkpoint']);
  // PostgreSQL keeps what was replaced until it is vacuumed, and the log until it is recycled: so the search can fail.
  expect(await filesWith(secret)).not.toEqual([]);
  expect(await filesWith(wrapped)).not.toEqual([]);

  await run('owner', scrub.owner);
  await run('admin', scrub.admin);
  expect(await filesWith(secret)).toEqual([]);
  expect(await filesWith(wrapped)).toEqual([]);
  expect(await filesWith(stays)).not.toEqual([]);
  expect(await personalData.verify(ctx, receipt.id)).toMatchObject({ verified: true });
});
