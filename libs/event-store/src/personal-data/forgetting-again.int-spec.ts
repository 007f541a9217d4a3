import { AsyncLocalStorage } from 'node:async_hooks';
import { uuidv7 } from '@acci/database';
import { Customer, Table } from '../fixtures/customer.js';
import { useOffices } from '../fixtures/registry-office.js';
import { comparePositions, InvalidSubjectId } from '../index.js';
import { testContext } from '../testing/context.js';
import { acceptForgotten } from './replace-personal-data.js';

/** Runs work as another request would: not inside a transaction that is open here. */
const outside = AsyncLocalStorage.snapshot();

const offices = useOffices();
const ctx = testContext({ actor: 'user:ada' });

async function register(id = uuidv7()): Promise<string> {
  await offices.here.store.save(ctx, Customer.register(id, `${uuidv7()}@example.com`));
  return id;
}

it('stands in the log behind every event of the person, however early its transaction began', async () => {
  const [first, second] = [await register(), await register()];
  let attempts = 0;
  const receipt = await offices.db.database.asSystem('forget two at once', async () => {
    attempts += 1;
    await offices.here.personalData.forget(ctx, first);
    // The transaction has its place in the log by now; this append gets a later one, and commits before it.
    if (attempts === 1) {
      await outside(() =>
        offices.elsewhere.store.update(ctx, Customer, second, (customer) =>
          customer.changeEmail('new@example.com'),
        ),
      );
    }
    return offices.here.personalData.forget(ctx, second);
  });
  expect(attempts).toBe(2);
  expect(receipt.events).toHaveLength(2);
  for (const position of receipt.events) {
    expect(comparePositions(position, receipt.position)).toBeLessThan(0);
  }
});

it('has a receipt for whoever came forgotten, also when it is asked for several times at once', async () => {
  const gone = uuidv7();
  await offices.db.database.inTenant(ctx.tenantId, (tx) => acceptForgotten(tx, ctx.tenantId, [gone]));
  const receipts = await Promise.all(
    Array.from({ length: 5 }, () => offices.here.personalData.forget(ctx, gone)),
  );
  expect(new Set(receipts.map(({ id }) => id)).size).toBe(1);
  expect(await offices.here.personalData.verify(ctx, receipts[0]?.id ?? '')).toMatchObject({
    verified: true,
  });
});

it('knows a UUID in one spelling only, as read models do', async () => {
  const id = await register();
  await offices.here.personalData.forget(ctx, id);
  const loud = Customer.register(id.toUpperCase(), 'loud@example.com');
  await expect(offices.here.store.save(ctx, loud)).rejects.toThrow(InvalidSubjectId);
  await expect(offices.here.personalData.forget(ctx, id.toUpperCase())).rejects.toThrow(InvalidSubjectId);
});

it('drops the snapshots of every stream that has something about the person', async () => {
  // Of one person alone: that the event names, and the stream need not be noted.
  const host = uuidv7();
  const table = Table.seat(uuidv7(), { hostId: host, wish: 'a window', guests: [] });
  await offices.here.store.save(ctx, table);
  const [event] = await offices.here.store.readStream(ctx, 'shop.table', table.id);
  await offices.db.admin(
    `insert into acci.snapshots (tenant_id, stream_id, stream_type, version, event_id, schema_version, state)
     values ($1, $2, 'shop.table', 1, $3, 1, '{}')`,
    [ctx.tenantId, table.id, event?.id],
  );
  const receipt = await offices.here.personalData.forget(ctx, host);
  expect(receipt).toMatchObject({ events: [expect.anything()], rows: { 'acci.snapshots': 1 } });
  expect(await offices.here.personalData.verify(ctx, receipt.id)).toMatchObject({ verified: true });
});
