import { randomBytes } from 'node:crypto';
import { afterMigrate, migrations } from '@acci/api';
import { DatabaseModule, uuidv7 } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import {
  Aggregate,
  defineEvent,
  EnvironmentKey,
  EventStore,
  EventStoreModule,
  personal,
} from '@acci/event-store';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { Acci } from '../spec-support/acci.js';

const Registered = defineEvent({
  type: 'shop.customer.registered',
  version: 1,
  schema: z.object({ name: personal(z.string(), { of: '$stream', forgotten: '' }) }),
});

class Customer extends Aggregate {
  static readonly streamType = 'shop.customer';
  static readonly events = [Registered];

  register(name: string): void {
    this.record(Registered.of({ name }));
  }

  protected override apply(): void {}
}

const [first, second] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
let db: TestDatabase;
let acci: Acci;
let tenantId: string;

beforeAll(async () => {
  db = await TestDatabase.create({ migrations, afterMigrate });
  acci = new Acci(db, { ACCI_MASTER_KEY: first });
  ({ id: tenantId } = await acci.json<{ id: string }>('tenants', 'create', 'acme', '--name', 'Acme'));
});
afterAll(() => db.close());

it('forgets a person and verifies the receipt, and ends with 1 when something is left', async () => {
  const { code, stdout } = await acci.run(['subjects', 'forget', 'customer-42', '--tenant', 'acme', '--yes']);
  expect(code).toBe(0);
  const verify = ['subjects', 'verify', stdout.trim(), '--tenant', tenantId];
  expect(await acci.json(...verify)).toMatchObject({
    verified: true,
    problems: [],
    receipt: { subject: 'customer-42', tenantId, forgottenBy: expect.stringMatching(/^cli:./) as string },
  });
  await db.admin(
    `insert into acci.unique_claims (tenant_id, scope, value, stream_id, subject) values ($1, 'a', 'b', 'c', 'customer-42')`,
    [tenantId],
  );
  expect(await acci.run(verify)).toMatchObject({ code: 1, stdout: 'acci.unique_claims has 1 values\n' });
});

it.each([
  ['whoever would have to be asked', ['forget', 'customer-43', '--tenant', 'acme'], 2],
  ['an id that is none', ['forget', '', '--tenant', 'acme', '--yes'], 4],
  ['a receipt that is not there', ['verify', uuidv7(), '--tenant', 'acme'], 3],
  ['nobody’s person', ['forget', 'customer-43', '--yes'], 2],
])('refuses %s', async (_name, args, code) => {
  expect(await acci.run(['subjects', ...args])).toMatchObject({ code, stdout: '' });
});

it('rotates the keys of tenants and the master key', async () => {
  const app = await Test.createTestingModule({
    imports: [
      DatabaseModule.forRoot({ urls: db.urls, migrations: [], migrateOnStart: false }),
      EventStoreModule.forRoot({ keyProvider: new EnvironmentKey(first) }),
      EventStoreModule.forFeature([Customer]),
    ],
  }).compile();
  await app.init();
  const customer = new Customer(uuidv7());
  customer.register('Ada');
  await app.get(EventStore).save({ tenantId, actor: 'user:1', correlationId: 'c' }, customer);
  await app.close();

  expect(await acci.json('keys', 'rotate', '--tenant', 'acme')).toEqual({ subjects: 1, tenants: 0 });
  const next = new Acci(db, { ACCI_MASTER_KEY: `${second},${first}` });
  expect(await next.json('keys', 'rotate')).toEqual({ subjects: 0, tenants: 1 });
  expect(await next.json('keys', 'rotate', '--all-tenants')).toEqual({ subjects: 1, tenants: 0 });
  // Nothing is under the first key any more.
  expect(await new Acci(db, { ACCI_MASTER_KEY: second }).json('keys', 'rotate')).toMatchObject({
    tenants: 0,
  });
  expect(await next.run(['keys', 'rotate', '--new-master-key'])).toMatchObject({ code: 2 });
});
