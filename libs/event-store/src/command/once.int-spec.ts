import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { Account, NameTaken } from '../fixtures/account.js';
import { bankStore, createTestDatabase } from '../fixtures/bank.js';
import {
  CommandIdReused,
  InvalidCommandId,
  StreamConflict,
  UnstorableData,
  type AppendResult,
  type Context,
  type EventStore,
} from '../index.js';
import { testContext } from '../testing/context.js';

let db: TestDatabase;
let store: EventStore;
beforeAll(async () => {
  db = await createTestDatabase({ pool: { max: 20 } });
  store = bankStore(db.database);
});
afterAll(() => db.close());

const tenant = testContext();
/** The context of a new command. */
const command = (overrides: Partial<Context> = {}): Context => ({
  ...tenant,
  commandId: uuidv7(),
  ...overrides,
});

/** Opens an account under a new id and name, each time it is called. */
function open(ctx: Context, name: string = uuidv7()): Promise<AppendResult> {
  return store.save(ctx, Account.open(uuidv7(), name));
}

async function eventsOf(ctx: Context): Promise<number> {
  const [row] = await db.admin<{ count: number }>(
    `select count(*)::int as count from acci.events where metadata ->> 'commandId' = $1`,
    [ctx.commandId],
  );
  return row?.count ?? 0;
}

describe('a command that comes again', () => {
  it('is answered as it was the first time, by any process', async () => {
    const ctx = command();
    const first = await store.once(ctx, () => open(ctx));
    expect(first).toMatchObject({ version: 1, position: { epoch: 1, transaction: expect.any(BigInt) } });
    const again = await bankStore(db.database).once(ctx, () => open(ctx));
    expect(again).toEqual(first);
    expect(await eventsOf(ctx)).toBe(1);
  });

  it('50 times at once is done by one, and the others get its result', async () => {
    const ctx = command();
    let runs = 0;
    const results = await Promise.all(
      Array.from({ length: 50 }, () =>
        store.once(ctx, () => {
          runs += 1;
          return open(ctx);
        }),
      ),
    );
    expect(runs).toBe(1);
    expect(new Set(results.map(({ streamId }) => streamId)).size).toBe(1);
    expect(await eventsOf(ctx)).toBe(1);
  });

  it('was not handled if it failed', async () => {
    const [ctx, name] = [command(), uuidv7()];
    const { streamId } = await open(tenant, name);
    const work = async () => {
      await open(ctx);
      return open(ctx, name);
    };
    await expect(store.once(ctx, work)).rejects.toThrow(NameTaken);
    await expect(store.once(ctx, work)).rejects.toThrow(NameTaken);
    expect(await eventsOf(ctx)).toBe(0);
    await store.update(tenant, Account, streamId, (account) => account.rename(uuidv7()));
    await store.once(ctx, work);
    expect(await eventsOf(ctx)).toBe(2);
  });

  it('while the first one fails is done by the next one', async () => {
    const ctx = command();
    let runs = 0;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () =>
        store.once(ctx, async () => {
          runs += 1;
          const done = await open(ctx);
          if (runs < 3) throw new Error('not yet');
          return done;
        }),
      ),
    );
    expect(runs).toBe(3);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(2);
    expect(await eventsOf(ctx)).toBe(1);
  });

  it('in another tenant is another one', async () => {
    const ctx = command();
    const other = { ...ctx, tenantId: uuidv7() };
    const [one, two] = [await store.once(ctx, () => open(ctx)), await store.once(other, () => open(other))];
    expect(one.streamId).not.toBe(two.streamId);
  });

  it('must be the same one, of the same actor', async () => {
    const ctx = command();
    const first = await store.once(ctx, () => open(ctx), { command: ['OpenAccount', 'a'] });
    const refused = store.once(ctx, () => open(ctx), { command: ['OpenAccount', 'b'] });
    await expect(refused).rejects.toThrow(CommandIdReused);
    await expect(refused).rejects.toMatchObject({ code: 'event_store.command.id_reused', kind: 'conflict' });
    const somebody = { ...ctx, actor: 'user:eve' };
    const stolen = store.once(somebody, () => open(somebody), { command: ['OpenAccount', 'a'] });
    await expect(stolen).rejects.toThrow(CommandIdReused);
    const again = store.once(ctx, () => open(ctx), { command: ['OpenAccount', 'a'] });
    await expect(again).resolves.toEqual(first);
  });

  it('after 7 days is a new one, and old ones are forgotten along with other commands', async () => {
    const ctx = command({ tenantId: uuidv7() });
    await store.once(ctx, async () => 'first');
    await db.admin(
      `update acci.handled_commands set handled_at = now() - interval '8 days' where tenant_id = $1`,
      [ctx.tenantId],
    );
    expect(await store.once(ctx, async () => 'second')).toBe('first');
    const next = { ...ctx, commandId: uuidv7() };
    await store.once(next, async () => 'next');
    const kept = await db.admin('select command_id from acci.handled_commands where tenant_id = $1', [
      ctx.tenantId,
    ]);
    expect(kept).toEqual([{ command_id: next.commandId }]);
  });
});

describe('the work of a command', () => {
  it('is only done where there is no command id', async () => {
    const [one, two] = [
      await store.once(tenant, () => open(tenant)),
      await store.once(tenant, () => open(tenant)),
    ];
    expect(one.streamId).not.toBe(two.streamId);
  });

  it('is done anew where somebody else was faster', async () => {
    const ctx = command();
    const { streamId } = await open(tenant);
    let tries = 0;
    const lost = Promise.withResolvers<void>();
    const faster = lost.promise.then(() =>
      store.update(tenant, Account, streamId, (account) => account.deposit(10)),
    );
    await store.once(ctx, () =>
      store.update(ctx, Account, streamId, async (account) => {
        tries += 1;
        lost.resolve();
        await faster;
        account.deposit(1);
      }),
    );
    expect(tries).toBe(2);
    expect(await store.load(tenant, Account, streamId)).toMatchObject({ balance: 11, version: 3 });
  });

  it('gives up after its attempts', async () => {
    const ctx = command();
    let tries = 0;
    const work = async () => {
      tries += 1;
      throw new StreamConflict('bank.account', 'a', 1);
    };
    await expect(store.once(ctx, work)).rejects.toThrow(StreamConflict);
    expect(tries).toBe(5);
  });

  it('may call other handlers, which are parts of it', async () => {
    const ctx = command();
    const handler = () => store.once(ctx, () => open(ctx), { command: 'part' });
    const work = async () => [await handler(), await handler()];
    const first = await store.once(ctx, work, { command: 'whole' });
    expect(first).toHaveLength(2);
    expect(await store.once(ctx, work, { command: 'whole' })).toEqual(first);
    expect(await eventsOf(ctx)).toBe(2);
  });

  it('joins a transaction, and is undone with it', async () => {
    const ctx = command();
    const undone = db.database.inTenant(ctx.tenantId, async () => {
      await store.once(ctx, () => open(ctx));
      throw new Error('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    const work = () =>
      db.database.asSystem('test', () =>
        db.database.inTenant(ctx.tenantId, () => store.once(ctx, () => open(ctx))),
      );
    expect(await work()).toEqual(await work());
    expect(await eventsOf(ctx)).toBe(1);
  });
});

describe('the result of a command', () => {
  it.each([
    undefined,
    null,
    'text',
    [1, { deep: [true, null] }],
    { big: 2n ** 70n, none: undefined },
    { $bigint: 'twelve' },
    { $bigint: '12', more: 1 },
  ])('%p comes back as it was', async (result) => {
    const ctx = command();
    expect(await store.once(ctx, async () => result)).toEqual(result);
    expect(await store.once(ctx, async () => 'another')).toEqual(result);
  });

  it.each([new Date(), { at: new Date() }, Number.NaN, new Map(), 'a\0b', () => 1])(
    '%p would not: refused, and nothing is kept',
    async (result) => {
      const ctx = command();
      const work = async () => {
        await open(ctx);
        return result;
      };
      await expect(store.once(ctx, work)).rejects.toThrow(UnstorableData);
      expect(await eventsOf(ctx)).toBe(0);
    },
  );

  it('under an id that is none is not even looked for', async () => {
    for (const commandId of ['', 'a\0b', 'x'.repeat(256)]) {
      const ctx = command({ commandId });
      await expect(store.once(ctx, async () => 1)).rejects.toThrow(InvalidCommandId);
    }
  });
});
