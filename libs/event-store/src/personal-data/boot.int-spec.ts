import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, OwnerDatabase, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createTestDatabase } from '../fixtures/bank.js';
import { Customer } from '../fixtures/customer.js';
import { masterKey } from '../fixtures/registry-office.js';
import {
  EnvironmentKey,
  EventStore,
  EventStoreModule,
  LocalKeyFile,
  MasterKeyLost,
  MasterKeyMissing,
  PersonalData,
} from '../index.js';
import { registryOf } from '../testing.js';
import { testContext } from '../testing/context.js';

let db: TestDatabase;
let directory: string;
beforeAll(async () => {
  db = await createTestDatabase();
  directory = await fs.mkdtemp(join(tmpdir(), 'acci-boot-'));
});
afterAll(async () => {
  await db.close();
  await fs.rm(directory, { recursive: true });
});

/** A process with customers, who have personal data. */
async function start(eventStore: DynamicModule): Promise<INestApplicationContext> {
  @Module({})
  class ConnectedDatabaseModule {}
  const providers = [{ provide: Database, useValue: db.database }];
  const database = { module: ConnectedDatabaseModule, global: true, providers, exports: [Database] };

  @Module({ imports: [database, eventStore, EventStoreModule.forFeature([Customer])] })
  class ShopModule {}
  return NestFactory.createApplicationContext(ShopModule, { logger: false, abortOnError: false });
}

it('does not start without a master key where events have personal fields', async () => {
  const started = start(EventStoreModule.forRoot());
  await expect(started).rejects.toThrow(MasterKeyMissing);
  await expect(started).rejects.toThrow(/shop\.customer\.registered/);
});

it('starts with a key file of its own, and again; not with another one', async () => {
  const path = join(directory, 'master-key');
  const open = () =>
    start(
      EventStoreModule.forRootAsync({
        useFactory: async () => ({ keyProvider: await LocalKeyFile.open(path) }),
      }),
    );
  const ctx = testContext();
  const id = uuidv7();
  const first = await open();
  await first.get(EventStore).save(ctx, Customer.register(id, 'ada@example.com'));
  const second = await open();
  expect(await second.get(EventStore).load(ctx, Customer, id)).toMatchObject({ email: 'ada@example.com' });
  const receipt = await first.get(PersonalData).forget(ctx, id);
  expect(await second.get(PersonalData).verify(ctx, receipt.id)).toMatchObject({ verified: true });
  await Promise.all([first.close(), second.close()]);

  await fs.rename(path, `${path}.lost`);
  await expect(open()).rejects.toThrow(MasterKeyLost);
  const other = new EnvironmentKey(masterKey());
  await expect(start(EventStoreModule.forRoot({ keyProvider: other }))).rejects.toThrow(MasterKeyLost);
  await fs.rename(`${path}.lost`, path);
  await (await open()).close();
});

it('tells tools of the event that somebody was forgotten', async () => {
  const types = (await registryOf(EventStoreModule.forRoot())).describe().map(({ type }) => type);
  expect(types).toContain('acci.subject.forgotten');
});

it('lets the owner remove the keys of a purged tenant, and of no other', async () => {
  const path = join(directory, 'master-key');
  const app = await start(EventStoreModule.forRoot({ keyProvider: await LocalKeyFile.open(path) }));
  const [purged, other] = [testContext(), testContext()];
  for (const ctx of [purged, other]) {
    await app.get(EventStore).save(ctx, Customer.register(uuidv7(), 'ada@example.com'));
    await app.get(PersonalData).forget(ctx, uuidv7());
  }
  await app.close();
  await db.database.queryAsSystem('erase', 'insert into acci.tenant_erasures (erased_tenant) values ($1)', [
    purged.tenantId,
  ]);
  const owner = new OwnerDatabase(db.urls.owner);
  const remove = (tenantId: string) =>
    owner.inTenant(tenantId, async (query) => {
      for (const table of ['forgotten_subjects', 'subject_keys', 'subject_streams', 'tenant_keys'])
        await query(`delete from acci.${table} where tenant_id = $1`, [tenantId]);
    });
  await remove(purged.tenantId);
  await expect(remove(other.tenantId)).rejects.toThrow(/stays forgotten/);
  await owner.close();
  const left = await db.admin('select from acci.subject_keys where tenant_id = $1', [purged.tenantId]);
  expect(left).toEqual([]);
});
