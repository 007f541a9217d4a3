import { uuidv7 } from '@acci/database';
import { Account, NameTaken } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { StreamConflict, VersionMismatch } from '../index.js';

const bank = useBank();
const { ctx } = bank;

function deposit(account: Account): void {
  account.deposit(1);
}

describe('conflicts', () => {
  it('refuse the second of two saves, wholly', async () => {
    const { id } = await bank.open();
    const [one, two] = [await bank.store.load(ctx, Account, id), await bank.store.load(ctx, Account, id)];
    one.deposit(1);
    two.deposit(2);
    two.rename(uuidv7());
    await bank.store.save(ctx, one);
    const refused = bank.store.save(ctx, two);
    await expect(refused).rejects.toThrow(StreamConflict);
    await expect(refused).rejects.toMatchObject({ code: 'event_store.stream.conflict', kind: 'conflict' });
    expect(two.version).toBe(1);
    expect(await bank.store.load(ctx, Account, id)).toMatchObject({ balance: 1, version: 2 });
  });

  it('refuse a new aggregate under an id that is in use', async () => {
    const { id } = await bank.open();
    await expect(bank.store.save(ctx, Account.open(id, uuidv7()))).rejects.toThrow(StreamConflict);
  });

  it('are decided anew by update', async () => {
    const { id } = await bank.open();
    let tries = 0;
    await bank.store.update(ctx, Account, id, async (account) => {
      tries += 1;
      if (tries < 3) await bank.store.update(ctx, Account, id, (other) => other.deposit(10));
      account.deposit(1);
    });
    expect(tries).toBe(3);
    expect(await bank.store.load(ctx, Account, id)).toMatchObject({ balance: 21, version: 4 });
  });

  it('end update after its attempts', async () => {
    const { id } = await bank.open();
    let tries = 0;
    const update = bank.store.update(ctx, Account, id, async (account) => {
      tries += 1;
      await bank.store.update(ctx, Account, id, (other) => other.deposit(10));
      account.deposit(1);
    });
    await expect(update).rejects.toThrow(StreamConflict);
    expect(tries).toBe(5);
  });

  it('are a mismatch where the caller named a version', async () => {
    const { id } = await bank.open();
    await bank.store.update(ctx, Account, id, deposit, { expectedVersion: 1 });
    const stale = bank.store.update(ctx, Account, id, deposit, { expectedVersion: 1 });
    await expect(stale).rejects.toThrow(VersionMismatch);
    await expect(stale).rejects.toMatchObject({
      code: 'event_store.version.mismatch',
      kind: 'precondition_failed',
    });
    const overtaken = bank.store.update(
      ctx,
      Account,
      id,
      async (account) => {
        await bank.store.update(ctx, Account, id, deposit);
        account.deposit(1);
      },
      { expectedVersion: 2 },
    );
    await expect(overtaken).rejects.toThrow(VersionMismatch);
    expect(await bank.store.load(ctx, Account, id)).toMatchObject({ version: 3 });
  });

  it('let update say in the domain’s words that nothing is there', async () => {
    const gone = new Error('No such account');
    const update = bank.store.update(ctx, Account, uuidv7(), () => {}, { notFound: () => gone });
    await expect(update).rejects.toBe(gone);
  });
});

describe('a joined transaction', () => {
  it('commits or undoes several aggregates together, and says there and then what is wrong', async () => {
    const name = uuidv7();
    const ids = await bank.db.database.inTenant(ctx.tenantId, async () => {
      const [one, two] = [await bank.open(ctx, name), await bank.open()];
      expect(await bank.store.load(ctx, Account, one.id)).toMatchObject({ version: 1 });
      return [one.id, two.id];
    });
    for (const id of ids) expect(await bank.store.load(ctx, Account, id)).toMatchObject({ version: 1 });

    const before = await bank.eventCount();
    const undone = bank.db.database.inTenant(ctx.tenantId, async () => {
      await bank.open();
      await expect(bank.open(ctx, name)).rejects.toThrow(NameTaken);
    });
    await expect(undone).rejects.toMatchObject({ code: 'database.transaction.aborted' });
    expect(await bank.eventCount()).toBe(before);
  });

  it('that was undone leaves nothing to go on from: who saves on runs into a conflict, and no stream has a gap', async () => {
    const accounts = await Promise.all(Array.from({ length: 12 }, () => bank.open()));
    const undone = bank.db.database.inTenant(ctx.tenantId, async () => {
      accounts.forEach(deposit);
      await bank.store.saveAll(ctx, accounts);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    // Alone, several events of one, together, and in a group.
    const [one, longer, ...others] = accounts as [Account, Account, ...Account[]];
    deposit(one);
    await expect(bank.store.save(ctx, one)).rejects.toThrow(StreamConflict);
    longer.deposit(1);
    longer.deposit(2);
    await expect(bank.store.save(ctx, longer)).rejects.toThrow(StreamConflict);
    others.forEach(deposit);
    await expect(bank.store.saveAll(ctx, others)).rejects.toThrow(StreamConflict);
    const saves = await Promise.allSettled(others.map((account) => bank.store.save(ctx, account)));
    for (const save of saves) expect(save).toMatchObject({ reason: expect.any(StreamConflict) });
    for (const { id } of accounts)
      expect(await bank.store.update(ctx, Account, id, deposit)).toMatchObject({ version: 2 });
  });

  it('is ended by a conflict: update does not try again in it', async () => {
    const { id } = await bank.open();
    let tries = 0;
    const update = bank.db.database.inTenant(ctx.tenantId, () =>
      bank.store.update(ctx, Account, id, async (account) => {
        tries += 1;
        await elsewhere(() => bank.store.update(ctx, Account, id, (other) => other.deposit(1)));
        account.deposit(1);
      }),
    );
    await expect(update).rejects.toThrow(StreamConflict);
    expect(tries).toBe(1);
  });

  it('begins anew where it would put an event into the log before the one that it follows', async () => {
    const { id } = await bank.open();
    let tries = 0;
    await bank.db.database.inTenant(ctx.tenantId, async () => {
      tries += 1;
      // Its first write gives the transaction its place in the log; what another one does from here on comes later.
      await bank.open();
      if (tries === 1) await elsewhere(() => bank.store.update(ctx, Account, id, deposit));
      await bank.store.update(ctx, Account, id, deposit);
    });
    const log = await bank.store.readAll(undefined, 1_000, { tenantId: ctx.tenantId, unsettled: true });
    expect(log.filter(({ streamId }) => streamId === id).map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(tries).toBe(2);
  });

  it('can be the system’s, narrowed to the tenant', async () => {
    const id = await bank.db.database.asSystem('test', async (tx) => {
      const account = await bank.open();
      expect(await tx.query('select current_user as role')).toEqual([{ role: 'acci_system' }]);
      return account.id;
    });
    expect(await bank.store.load(ctx, Account, id)).toMatchObject({ version: 1 });
  });
});

/** Runs work as another request would: outside the transaction of the caller. */
function elsewhere<T>(work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    outside.push(() => void work().then(resolve, reject));
  });
}
const outside: (() => void)[] = [];
let pump: NodeJS.Timeout;
beforeAll(() => {
  // Timers keep the async context they were made in: this one was made outside every transaction.
  pump = setInterval(() => outside.splice(0).forEach((run) => run()), 5);
});
afterAll(() => clearInterval(pump));
