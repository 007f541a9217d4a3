import { Socket } from 'node:net';
import { spyOn } from 'jest-mock';
import { uuidv7 } from '@acci/database';
import { z } from 'zod';
import { Account, MoneyDeposited } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import {
  Aggregate,
  comparePositions,
  defineEvent,
  InvalidStreamId,
  StreamConflict,
  StreamNotFound,
  UnknownEventType,
  UnknownEventVersion,
} from '../index.js';
import { testContext } from '../testing/context.js';

const VaultOpened = defineEvent({ type: 'bank.vault.opened', version: 1, schema: z.object({}) });

class Vault extends Aggregate {
  static readonly streamType = 'bank.vault';
  static readonly events = [VaultOpened];

  open(): void {
    this.record(VaultOpened.of({}));
  }

  deposit(): void {
    this.record(MoneyDeposited.of({ amount: 1 }));
  }

  protected apply(): void {}
}

const bank = useBank([Account, Vault]);
const { ctx } = bank;

describe('saving and loading', () => {
  it('brings an aggregate back as it was', async () => {
    const account = Account.open(uuidv7(), 'Savings');
    account.deposit(5, {
      text: 'emoji 😀, "quotes", \\back, {curly}, NULL, \u0001',
      list: [1.5, null, true],
    });
    const saved = await bank.store.save(ctx, account);
    expect(saved).toMatchObject({ streamId: account.id, version: 2 });
    expect(account.version).toBe(2);

    const loaded = await bank.store.load(ctx, Account, account.id);
    expect(loaded).toEqual(account);
    expect(await bank.store.save(ctx, loaded)).toEqual({
      streamId: account.id,
      version: 2,
      position: undefined,
    });
  });

  it('keeps all that is known of an event', async () => {
    const before = Date.now();
    const account = Account.open(uuidv7(), uuidv7());
    account.deposit(5, 'first');
    const { position } = await bank.store.save(ctx, account);
    const [opened, deposited] = await bank.store.readStream(ctx, Account.streamType, account.id);
    expect(deposited).toEqual({
      position,
      tenantId: ctx.tenantId,
      streamType: 'bank.account',
      streamId: account.id,
      version: 2,
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      type: 'bank.account.deposited',
      schemaVersion: 1,
      data: { amount: 5, note: 'first' },
      metadata: { actor: 'user:ada', correlationId: 'c-1', causationId: 'e-0', commandId: 'cmd-1' },
      recordedAt: expect.any(Date),
    });
    expect(deposited?.recordedAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(opened && deposited && comparePositions(opened.position, deposited.position)).toBeLessThan(0);
  });

  it('reads a part of a stream', async () => {
    const account = await bank.open();
    for (let amount = 1; amount <= 5; amount += 1) account.deposit(amount);
    await bank.store.save(ctx, account);
    const part = await bank.store.readStream(ctx, Account.streamType, account.id, {
      fromVersion: 3,
      limit: 2,
    });
    expect(part.map(({ version, data }) => [version, data])).toEqual([
      [3, { amount: 2 }],
      [4, { amount: 3 }],
    ]);
  });

  it('does not find what is not there', async () => {
    const account = await bank.open();
    await expect(bank.store.load(ctx, Account, uuidv7())).rejects.toThrow(StreamNotFound);
    await expect(bank.store.load(testContext(), Account, account.id)).rejects.toThrow(StreamNotFound);
    for (const id of ['', '\0', 'x'.repeat(256)]) {
      await expect(bank.store.load(ctx, Account, id)).rejects.toThrow(StreamNotFound);
      expect(await bank.store.readStream(ctx, Account.streamType, id)).toEqual([]);
    }
    expect(await bank.store.readStream(ctx, 'bank.vault', account.id)).toEqual([]);
  });

  it('does not guess at an event that it does not know', async () => {
    const insert = async (type: string, version: number): Promise<string> => {
      const id = uuidv7();
      await bank.db.admin(
        `insert into acci.events (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
         values ($1, 'bank.account', $2, 1, gen_random_uuid(), $3, $4, '{}', '{}')`,
        [ctx.tenantId, id, type, version],
      );
      return id;
    };
    const robbed = await insert('bank.account.robbed', 1);
    const future = await insert('bank.account.opened', 2);
    await expect(bank.store.load(ctx, Account, robbed)).rejects.toThrow(UnknownEventType);
    await expect(bank.store.load(ctx, Account, future)).rejects.toThrow(UnknownEventVersion);
  });

  it('cost one round trip each, claims and hooks included', async () => {
    const account = await bank.open();
    const remove = bank.store.onAppend((_events, tx) => void tx.execute('select 1'));
    // What is sent in one round trip leaves in one write.
    const write = spyOn(Socket.prototype, 'write');
    try {
      account.rename(uuidv7());
      account.deposit(1);
      await bank.store.save(ctx, account);
      expect(write).toHaveBeenCalledTimes(1);
      await bank.store.load(ctx, Account, account.id);
      expect(write).toHaveBeenCalledTimes(2);
    } finally {
      write.mockRestore();
      remove();
    }
  });
});

describe('tenants', () => {
  it('do not see, continue or collide with one another’s streams', async () => {
    const mine = await bank.open();
    const other = testContext();
    expect(await bank.store.readStream(other, Account.streamType, mine.id)).toEqual([]);
    // The same id and name are free in another tenant: nothing tells that they are in use elsewhere.
    await bank.store.save(other, Account.open(mine.id, mine.name));
    await bank.store.update(other, Account, mine.id, (account) => account.deposit(7));
    expect(await bank.store.load(ctx, Account, mine.id)).toMatchObject({ balance: 0, version: 1 });
    expect(await bank.store.load(other, Account, mine.id)).toMatchObject({ balance: 7, version: 2 });
  });

  it('cannot be written to from another’s transaction', async () => {
    const other = testContext();
    await expect(bank.db.database.inTenant(other.tenantId, () => bank.open())).rejects.toMatchObject({
      code: 'database.tenant.mismatch',
    });
    const forged = bank.db.database.inTenant(other.tenantId, (tx) => {
      tx.execute(
        `insert into acci.events (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
         values ($1, 'bank.account', 'forged', 1, gen_random_uuid(), 'bank.account.opened', 1, '{}', '{}')`,
        [ctx.tenantId],
      );
    });
    await expect(forged).rejects.toThrow(/row-level security/);
  });
});

describe('the type of a stream', () => {
  it('is that of its first event: another aggregate neither finds nor continues it', async () => {
    const { id } = await bank.open();
    await expect(bank.store.load(ctx, Vault, id)).rejects.toThrow(StreamNotFound);
    const vault = new Vault(id);
    vault.open();
    await expect(bank.store.save(ctx, vault)).rejects.toThrow(StreamConflict);
  });
});

describe('bad input', () => {
  const big = 'x'.repeat(10 * 1024 * 1024);
  const deep = JSON.parse('['.repeat(500) + ']'.repeat(500)) as unknown;
  it.each([
    ['event_store.event.invalid', (account: Account) => account.deposit(-1)],
    ['event_store.event.too_large', (account: Account) => account.deposit(1, big)],
    ['event_store.data.too_deep', (account: Account) => account.deposit(1, deep)],
    ['event_store.data.invalid_text', (account: Account) => account.deposit(1, 'a\0b')],
    ['event_store.data.invalid_text', (account: Account) => account.deposit(1, { text: '\udead' })],
    ['event_store.data.unsafe_key', (account: Account) => account.deposit(1, JSON.parse('{"__proto__":1}'))],
    ['event_store.data.not_json', (account: Account) => account.deposit(1, { at: new Date() })],
  ])('%s: refused, nothing written', async (code, act) => {
    const account = await bank.open();
    const before = await bank.eventCount();
    act(account);
    await expect(bank.store.save(ctx, account)).rejects.toMatchObject({ code });
    expect(await bank.eventCount()).toBe(before);
  });

  it('in a stream’s id or in the context is refused', async () => {
    for (const id of ['', 'a\0', 'x'.repeat(256)]) {
      await expect(bank.store.save(ctx, Account.open(id, uuidv7()))).rejects.toThrow(InvalidStreamId);
    }
    await expect(bank.open(testContext({ actor: 'a\0' }))).rejects.toMatchObject({
      code: 'event_store.data.invalid_text',
    });
    await expect(bank.open(testContext({ tenantId: 'acme' }))).rejects.toMatchObject({
      code: 'database.tenant.invalid_id',
    });
  });

  it('of an event that the aggregate does not list is refused', async () => {
    const vault = new Vault(uuidv7());
    vault.deposit();
    await expect(bank.store.save(ctx, vault)).rejects.toThrow(UnknownEventType);
  });
});
