import { uuidv7 } from '@acci/database';
import { Account, NameTaken } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { ClaimTaken } from '../index.js';

const bank = useBank();
const { ctx } = bank;

describe('claims', () => {
  it('keep a value for one stream, with the domain’s error for the next', async () => {
    const name = uuidv7();
    await bank.open(ctx, name);
    const before = await bank.eventCount();
    await expect(bank.open(ctx, name)).rejects.toThrow(NameTaken);
    expect(await bank.eventCount()).toBe(before);
  });

  it('have an error of their own, which names the right one of several', async () => {
    const [first, second] = [await bank.open(), await bank.open()];
    const number = uuidv7();
    first.issueCard(number);
    await bank.store.save(ctx, first);
    second.issueCard(uuidv7());
    second.issueCard(number);
    const refused = bank.store.save(ctx, second);
    await expect(refused).rejects.toThrow(ClaimTaken);
    await expect(refused).rejects.toMatchObject({
      code: 'event_store.claim.taken',
      kind: 'conflict',
      details: { scope: 'bank.account.card' },
    });
    const renamed = await bank.store.load(ctx, Account, second.id);
    renamed.issueCard(uuidv7());
    renamed.rename(first.name);
    await expect(bank.store.save(ctx, renamed)).rejects.toThrow(NameTaken);
  });

  it('are released and taken in one append', async () => {
    const account = await bank.open();
    const [before, after] = [account.name, uuidv7()];
    account.rename(after);
    await bank.store.save(ctx, account);
    await expect(bank.open(ctx, after)).rejects.toThrow(NameTaken);
    await bank.open(ctx, before);
  });

  it('may be taken again by the stream that holds them', async () => {
    const account = await bank.open();
    account.rename(account.name);
    account.rename(account.name);
    await bank.store.save(ctx, account);
    await expect(bank.open(ctx, account.name)).rejects.toThrow(NameTaken);
  });

  it('cannot be released by a stream that does not hold them', async () => {
    const [holder, other] = [await bank.open(), await bank.open()];
    other.name = holder.name;
    other.close();
    await bank.store.save(ctx, other);
    await expect(bank.open(ctx, holder.name)).rejects.toThrow(NameTaken);
  });
});
