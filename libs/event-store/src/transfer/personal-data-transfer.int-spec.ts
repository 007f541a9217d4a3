import type { TestDatabase } from '@acci/database/testing';
import { createTestDatabase } from '../fixtures/bank.js';
import { Customer, Table } from '../fixtures/customer.js';
import { masterKey, openOffice, type Office } from '../fixtures/registry-office.js';
import { EnvironmentKey, EventRegistry, TenantTransfer, type ExportOptions } from '../index.js';
import { ForgottenSubject } from '../personal-data/forgotten-subject.js';
import { testContext } from '../testing/context.js';

/** An office with a database and a master key of its own. */
interface Branch extends Office {
  readonly db: TestDatabase;
  readonly transfer: TenantTransfer;
}

async function openBranch(): Promise<Branch> {
  const db = await createTestDatabase();
  const office = openOffice(db.database, new EnvironmentKey(masterKey()));
  const registry = new EventRegistry();
  for (const aggregate of [Customer, Table, ForgottenSubject]) registry.register(aggregate);
  return { ...office, db, transfer: new TenantTransfer(db.database, registry, office.store) };
}

let source: Branch;
let target: Branch;
const ctx = testContext();
const plain = /ada@example|grace@example|Ada L|Grace H/;

beforeAll(async () => {
  [source, target] = await Promise.all([openBranch(), openBranch()]);
  await source.store.save(ctx, Customer.register('ada', 'ada@example.com', 'Ada L'));
  await source.store.save(ctx, Customer.register('grace', 'grace@example.com', 'Grace H'));
  await source.store.save(ctx, Customer.register('alan', 'alan@example.com', 'Alan T'));
  await source.store.update(ctx, Customer, 'grace', (customer) => customer.changePlan('gold'));
  for (const gone of ['alan', 'nobody']) await source.personalData.forget(ctx, gone);
});
afterAll(async () => {
  for (const branch of [source, target]) {
    branch.ring.close();
    await branch.db.close();
  }
});

async function exported(options?: ExportOptions): Promise<string> {
  let text = '';
  for await (const part of source.transfer.export(ctx, options)) text += part;
  return text;
}
async function* bytesOf(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

describe('an export', () => {
  it('has personal data only if that is asked for, and never of who is forgotten', async () => {
    expect(await exported()).not.toMatch(plain);
    expect(await exported({ includePersonalData: true })).toMatch(plain);
    expect(await exported({ includePersonalData: true })).not.toContain('alan@');
    expect(await exported()).toContain('forgotten@example.invalid');
  });
});

describe('a tenant that moves with its personal data', () => {
  beforeAll(() =>
    exported({ includePersonalData: true }).then((text) => target.transfer.import(ctx, bytesOf(text))),
  );

  it('is read there as before', async () => {
    expect(await target.store.load(ctx, Customer, 'ada')).toMatchObject({
      email: 'ada@example.com',
      name: 'Ada L',
    });
    expect(await target.store.load(ctx, Customer, 'grace')).toMatchObject({ plan: 'gold', name: 'Grace H' });
    expect(await target.store.load(ctx, Customer, 'alan')).toMatchObject({
      email: 'forgotten@example.invalid',
    });
  });

  it('has it encrypted there, under keys of that place', async () => {
    const [before, after] = await Promise.all(
      [source, target].map(({ db }) =>
        db.admin<{ data: string }>(
          'select data::text from acci.events order by tenant_id, stream_id, version',
        ),
      ),
    );
    expect(JSON.stringify(after)).not.toMatch(plain);
    expect(after).toHaveLength(before?.length ?? 0);
    const shared = after?.filter(({ data }) => before?.some((old) => old.data === data));
    expect(shared?.every(({ data }) => !data.includes('email'))).toBe(true);
    const claims = await target.db.admin('select value, subject from acci.unique_claims order by subject');
    expect(claims.map(({ subject }) => subject)).toEqual(['ada', 'grace']);
    expect(JSON.stringify(claims)).not.toMatch(plain);
  });

  it('keeps what is unique, and forgets as before', async () => {
    const again = Customer.register('ada-2', 'ADA@example.com');
    await expect(target.store.save(ctx, again)).rejects.toMatchObject({ code: 'shop.customer.email_taken' });
    const receipt = await target.personalData.forget(ctx, 'ada');
    expect(receipt).toMatchObject({ subject: 'ada', events: [expect.anything()] });
    expect(await target.store.load(ctx, Customer, 'ada')).toMatchObject({ name: 'forgotten' });
    await target.store.save(ctx, again);
  });

  it.each(['alan', 'nobody'])('lets nobody come back who was forgotten: %s', async (gone) => {
    const back = Customer.register(gone, `${gone}@example.com`);
    await expect(target.store.save(ctx, back)).rejects.toMatchObject({
      code: 'event_store.subject.forgotten',
    });
  });
});

it('a tenant that moves without its personal data is there but for that', async () => {
  const moved = testContext();
  await target.transfer.import(moved, bytesOf(await exported()));
  expect(await target.store.load(moved, Customer, 'grace')).toMatchObject({
    plan: 'gold',
    email: 'forgotten@example.invalid',
  });
  const claims = await target.db.admin('select 1 from acci.unique_claims where tenant_id = $1', [
    moved.tenantId,
  ]);
  expect(claims).toEqual([]);
});
