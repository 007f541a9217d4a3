import { AsyncLocalStorage } from 'node:async_hooks';
import { Database, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { createTestDatabase } from '../fixtures/bank.js';
import { Customer } from '../fixtures/customer.js';
import { masterKey, openOffice, type Office } from '../fixtures/registry-office.js';
import {
  EnvironmentKey,
  MasterKeyLost,
  PersonalDataUnreadable,
  SubjectForgotten,
  type Context,
  type KeyProvider,
} from '../index.js';
import { testContext } from '../testing/context.js';
import { forgotten } from './key-ring.js';

/** As another request would: not in the transaction that is open here. */
const outside = AsyncLocalStorage.snapshot();
let db: TestDatabase;
let provider: KeyProvider;
let ctx: Context;
const offices: Office[] = [];

/** Another process, which has read nothing yet. */
function open(keys: KeyProvider = provider, database: Database = db.database): Office {
  const office = openOffice(database, keys);
  offices.push(office);
  return office;
}

beforeAll(async () => {
  db = await createTestDatabase();
});
beforeEach(() => {
  provider = new EnvironmentKey(masterKey());
  ctx = testContext();
});
afterEach(async () => {
  for (const { ring } of offices.splice(0)) ring.close();
  // Keys of the other tests are under master keys that the next one does not have.
  await db.admin(
    `set session_replication_role = replica; alter table acci.subject_keys disable trigger final;
     delete from acci.subject_keys; delete from acci.tenant_keys;
     alter table acci.subject_keys enable always trigger final; set session_replication_role = origin`,
  );
});
afterAll(() => db.close());

async function register({ store }: Office, context = ctx, id = uuidv7()): Promise<string> {
  await store.save(context, Customer.register(id, `${id}@example.com`));
  return id;
}

/** Copies a stored value over another one, past everything that forbids it. */
async function tamper(sql: string, values: readonly unknown[] = []): Promise<void> {
  await db.admin('alter table acci.events disable trigger append_only');
  await db.admin(sql, values);
  await db.admin('alter table acci.events enable always trigger append_only');
}

describe('what was stored for one place', () => {
  const emailOf = (id: string, tenantId = ctx.tenantId): string =>
    `(select data ->> 'email' from acci.events where stream_id = '${id}' and tenant_id = '${tenantId}' and version = 1)`;
  const putEmail = (id: string, version: number, from: string, field = 'email'): string =>
    `update acci.events set data = jsonb_set(data::jsonb, '{${field}}', to_jsonb(${from}))::json
      where stream_id = '${id}' and version = ${version} and tenant_id = '${ctx.tenantId}'`;

  it('does not open in another field, version, stream or tenant', async () => {
    const office = open();
    const [id, other] = [await register(office), await register(office)];
    await office.store.update(ctx, Customer, id, (customer) => customer.changeEmail('next@example.com'));
    const elsewhere = testContext();
    await register(office, elsewhere, id);
    const moves = [
      putEmail(id, 1, emailOf(id), 'name'),
      putEmail(id, 2, emailOf(id), 'from'),
      putEmail(other, 1, emailOf(id)),
      putEmail(other, 1, emailOf(id, elsewhere.tenantId)),
      putEmail(id, 1, `'"ada@example.com"'::text`),
    ];
    for (const move of moves) {
      const before = await db.admin('select stream_id, version, tenant_id, data from acci.events');
      await tamper(move);
      const read = Promise.all([id, other].map((one) => office.store.load(ctx, Customer, one)));
      await expect(read).rejects.toThrow(PersonalDataUnreadable);
      await tamper(
        `update acci.events as e set data = b.data
           from json_populate_recordset(null::acci.events, $1) as b
          where (e.tenant_id, e.stream_id, e.version) = (b.tenant_id, b.stream_id, b.version)`,
        [JSON.stringify(before)],
      );
      expect(await office.store.load(ctx, Customer, other)).toMatchObject({ name: 'Ada Lovelace' });
    }
  });

  it('does not open in an event of another type or schema version', async () => {
    const office = open();
    for (const column of [`type = 'shop.customer.carelessly_registered'`, 'schema_version = 2']) {
      const id = await register(office);
      await tamper(`update acci.events set ${column} where stream_id = $1`, [id]);
      await expect(office.store.load(ctx, Customer, id)).rejects.toThrow();
    }
  });
});

describe('a wrapped key', () => {
  it('is good for its own subject and tenant only', async () => {
    const [id, other] = [await register(open()), await register(open())];
    const elsewhere = testContext();
    const foreign = await register(open(), elsewhere);
    for (const from of [other, foreign]) {
      await db.admin(
        `update acci.subject_keys set wrapped = (select wrapped from acci.subject_keys where subject = $2) where subject = $1`,
        [id, from],
      );
      await expect(open().store.load(ctx, Customer, id)).rejects.toThrow(PersonalDataUnreadable);
      await expect(register(open(), ctx, uuidv7())).resolves.toBeDefined();
    }
    await db.admin(
      `update acci.tenant_keys as mine set wrapped = theirs.wrapped, claims_key = theirs.claims_key
         from acci.tenant_keys as theirs where mine.tenant_id = $1 and theirs.tenant_id = $2`,
      [ctx.tenantId, elsewhere.tenantId],
    );
    await expect(open().store.load(ctx, Customer, other)).rejects.toThrow(PersonalDataUnreadable);
  });

  it('that is missing is not taken for a forgotten one', async () => {
    const id = await register(open());
    await db.admin('alter table acci.subject_keys disable trigger final');
    await db.admin('delete from acci.subject_keys where subject = $1', [id]);
    await expect(open().store.load(ctx, Customer, id)).rejects.toThrow(PersonalDataUnreadable);
  });

  it('is made once, though many want it first', async () => {
    const tenants = Array.from({ length: 5 }, () => testContext());
    const subject = uuidv7();
    const processes = [open(), open(), open()];
    const tables = tenants.flatMap((context) =>
      processes.map(async ({ cipher }, version) =>
        cipher.sealRows([
          {
            tenantId: context.tenantId,
            streamId: subject,
            version,
            definition: Customer.events[0],
            data: { name: 'Ada' },
          } as never,
        ]),
      ),
    );
    await Promise.all(tables);
    const [counts] = await db.admin(
      `select (select count(*)::int from acci.tenant_keys) as tenants, count(*)::int as subjects from acci.subject_keys`,
    );
    expect(counts).toEqual({ tenants: 5, subjects: 5 });
  });
});

describe('a destroyed key', () => {
  it('is dropped by every process, within a second, whether it reads or not', async () => {
    const [here, reader, idle] = [open(), open(), open()];
    const id = await register(here);
    for (const { store } of [reader, idle]) await store.load(ctx, Customer, id);
    const subject = { tenantId: ctx.tenantId, subject: id };
    await here.personalData.forget(ctx, id);
    expect(await here.ring.read([subject])).toEqual([forgotten]);
    // Until then it may serve what it has; from then on nobody has it.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await reader.ring.read([subject])).toEqual([forgotten]);
    expect(cached(idle, id)).toBe(false);
    expect(await reader.store.load(ctx, Customer, id)).toMatchObject({ name: 'forgotten' });
    await expect(reader.store.save(ctx, Customer.register(id, 'again@example.com'))).rejects.toThrow(
      SubjectForgotten,
    );
  });

  it('is not brought back by a reader who was on the way with it', async () => {
    const [here, reader] = [open(), open()];
    const subjects = await Promise.all(Array.from({ length: 20 }, () => register(here)));
    await Promise.all(
      subjects.map(async (id) => {
        const reads = Array.from({ length: 5 }, () => reader.store.load(ctx, Customer, id));
        await Promise.all([...reads, reader.personalData.forget(ctx, id)]);
        expect(await reader.store.load(ctx, Customer, id)).toMatchObject({ name: 'forgotten' });
      }),
    );
  });

  it('is not seen again from inside a transaction that began before', async () => {
    const [here, reader] = [open(), open()];
    const id = await register(here);
    await db.database.inTenant(
      ctx.tenantId,
      async (tx) => {
        await tx.query('select 1 from acci.events limit 1');
        await outside(() => here.personalData.forget(ctx, id));
        const keys = await tx.query(
          'select 1 from acci.subject_keys where subject = $1 and wrapped is not null',
          [id],
        );
        expect(keys).toHaveLength(1);
        expect(await reader.store.load(ctx, Customer, id)).toMatchObject({ name: 'forgotten' });
      },
      { isolation: 'repeatable read' },
    );
  });

  it('is told from one that is newer than a transaction', async () => {
    const office = open();
    let runs = 0;
    const id = await db.database.inTenant(
      ctx.tenantId,
      async (tx) => {
        runs += 1;
        await tx.query('select 1 from acci.events limit 1');
        return register(office, ctx, `made-in-a-transaction-${ctx.tenantId}`);
      },
      { isolation: 'repeatable read' },
    );
    expect(runs).toBe(2);
    expect(await office.store.load(ctx, Customer, id)).toMatchObject({ name: 'Ada Lovelace' });
  });

  it('of a whole tenant takes everything of it along, and nothing of another', async () => {
    const office = open();
    const id = await register(office);
    const other = testContext();
    await register(office, other, id);
    await db.database.queryAsSystem('erase', 'insert into acci.tenant_erasures (erased_tenant) values ($1)', [
      ctx.tenantId,
    ]);
    const keys = await db.admin('select wrapped, claims_key from acci.tenant_keys where tenant_id = $1', [
      ctx.tenantId,
    ]);
    expect(keys).toEqual([{ wrapped: null, claims_key: null }]);
    for (const process of [open(), open()]) {
      expect(await process.store.load(ctx, Customer, id)).toMatchObject({ name: 'forgotten' });
      expect(await process.store.load(other, Customer, id)).toMatchObject({ name: 'Ada Lovelace' });
      await expect(register(process)).rejects.toThrow(SubjectForgotten);
    }
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await office.store.load(ctx, Customer, id)).toMatchObject({ name: 'forgotten' });
  });

  /** True if a process has the key of a subject in memory. */
  function cached({ ring }: Office, id: string): boolean {
    const { subjects } = ring as unknown as { subjects: { get(id: string): unknown } };
    return subjects.get(`${ctx.tenantId}/${id}`) !== undefined;
  }
});

describe('decrypted keys in memory', () => {
  it('are few, and not for long', async () => {
    const office = openOffice(db.database, provider, { maxKeys: 3, lifetimeMs: 50 });
    offices.push(office);
    for (let count = 0; count < 5; count += 1) await register(office);
    const { subjects } = office.ring as unknown as { subjects: { size: number; sweep(): void } };
    expect(subjects.size).toBe(3);
    await new Promise((resolve) => setTimeout(resolve, 60));
    subjects.sweep();
    expect(subjects.size).toBe(0);
  });
});

describe('rotating keys', () => {
  const keysOf = (tenantId: string) =>
    db.admin(
      'select version, master_key_id, wrapped, claims_key from acci.tenant_keys where tenant_id = $1',
      [tenantId],
    );

  it('of a tenant wraps keys anew, writes no event, and keeps unique values unique', async () => {
    const office = open();
    const ids = [await register(office), await register(office)];
    const gone = await register(office);
    await office.personalData.forget(ctx, gone);
    const events = await db.admin('select * from acci.events where tenant_id = $1', [ctx.tenantId]);
    const before = await keysOf(ctx.tenantId);
    const other = open();
    await other.store.load(ctx, Customer, ids[0] ?? '');

    expect(await office.personalData.rotateTenantKey(ctx.tenantId)).toBe(2);
    const after = await keysOf(ctx.tenantId);
    expect(after).toHaveLength(1);
    expect(after[0]).toMatchObject({ version: 2 });
    expect(after[0]?.['claims_key']).not.toEqual(before[0]?.['claims_key']);
    expect(await db.admin('select * from acci.events where tenant_id = $1', [ctx.tenantId])).toEqual(events);
    for (const process of [office, other, open()]) {
      for (const id of ids)
        expect((await process.store.load(ctx, Customer, id)).email).toBe(`${id}@example.com`);
      expect(await process.store.load(ctx, Customer, gone)).toMatchObject({ name: 'forgotten' });
      await expect(
        process.store.save(ctx, Customer.register(uuidv7(), `${ids[0]}@example.com`)),
      ).rejects.toThrow('in use');
      // A process that still wraps by the older key is told that it is gone, and uses the new one.
      await register(process);
    }
  });

  it('of a tenant goes on under load, and loses nothing', async () => {
    const processes = [open(), open()];
    const rotating = open();
    const ids: string[] = [await register(rotating)];
    const load = { on: true };
    const appends = processes.map(async (process) => {
      while (load.on) ids.push(await register(process));
    });
    for (let round = 0; round < 5; round += 1) await rotating.personalData.rotateTenantKey(ctx.tenantId);
    load.on = false;
    await Promise.all(appends);
    const fresh = open();
    for (const id of ids) expect((await fresh.store.load(ctx, Customer, id)).email).toBe(`${id}@example.com`);
  });

  it('of the master key leaves the older one without use', async () => {
    const [older, newer] = [masterKey(), masterKey()];
    const before = open(new EnvironmentKey(older));
    const id = await register(before);
    const elsewhere = testContext();
    const there = await register(before, elsewhere);
    const both = open(new EnvironmentKey(`${newer},${older}`));
    expect(await both.personalData.rotateMasterKey()).toBe(2);
    expect(await both.personalData.rotateMasterKey()).toBe(0);
    const after = open(new EnvironmentKey(newer));
    await after.personalData.verifyKeys();
    expect(await after.store.load(ctx, Customer, id)).toMatchObject({ name: 'Ada Lovelace' });
    expect(await after.store.load(elsewhere, Customer, there)).toMatchObject({ name: 'Ada Lovelace' });
    await expect(open(new EnvironmentKey(older)).personalData.verifyKeys()).rejects.toThrow(MasterKeyLost);
  });

  it('that was lost is said at boot, by name', async () => {
    const lost = new EnvironmentKey(masterKey());
    await register(open(lost));
    const found = open(new EnvironmentKey(masterKey())).personalData.verifyKeys();
    await expect(found).rejects.toThrow(MasterKeyLost);
    await expect(found).rejects.toThrow(lost.currentKeyId);
  });
});
