import { uuidv7 } from '@acci/database';
import { Branch, forge, parseLines } from '../fixtures/transfers.js';
import { testContext } from '../testing/context.js';
import type { EventLine, TransferLine } from './transfer-lines.js';

let source: Branch;
let target: Branch;
beforeAll(async () => {
  [source, target] = await Promise.all([Branch.open(), Branch.open()]);
});
afterAll(() => Promise.all([source.close(), target.close()]));

/** What happened to one name, in the order given; between any two of the events there are as many others. */
async function nameHistory(
  apart: number,
  ...story: readonly (readonly [string, object, number])[]
): Promise<string> {
  const { text } = await source.saved(apart * story.length);
  const [header, ...rest] = parseLines(text);
  const opened = rest.find((line) => line.kind === 'event') as EventLine;
  const others = rest.filter((line): line is EventLine => line.kind === 'event');
  const lines: TransferLine[] = [];
  for (const [streamId, data, version] of story) {
    const type = version === 1 ? 'bank.account.opened' : 'bank.account.renamed';
    lines.push({ ...opened, id: uuidv7(), streamId, version, type, data }, ...others.splice(0, apart));
  }
  return forge([header, ...lines, ...rest.slice(-1)] as TransferLine[]);
}

it.each([1, 300])(
  'unique values pass between streams whose transactions crossed, %i events apart',
  async (apart) => {
    // In the log B has the name before A has given it back: B's transaction began first, but A's committed first.
    const ctx = testContext();
    const text = await nameHistory(
      apart,
      ['a', { name: 'Wanted' }, 1],
      ['b', { name: 'Waiting' }, 1],
      ['b', { from: 'Waiting', to: 'Wanted' }, 2],
      ['a', { from: 'Wanted', to: 'Other' }, 2],
    );
    await target.import(ctx, text);
    expect(
      await target.db.admin(
        `select value, stream_id from acci.unique_claims where tenant_id = $1 and stream_id <> 'savings' order by value`,
        [ctx.tenantId],
      ),
    ).toEqual([
      { value: 'Other', stream_id: 'a' },
      { value: 'Wanted', stream_id: 'b' },
    ]);
  },
);

it('unique values are told apart from each other, whatever they and the streams are named', async () => {
  const ctx = testContext();
  await target.import(ctx, await nameHistory(1, ['c', { name: 'A\nb' }, 1], ['b\nc', { name: 'A' }, 1]));
  expect(
    await target.db.admin(
      `select value, stream_id from acci.unique_claims where tenant_id = $1 and stream_id <> 'savings' order by value`,
      [ctx.tenantId],
    ),
  ).toEqual([
    { value: 'A', stream_id: 'b\nc' },
    { value: 'A\nb', stream_id: 'c' },
  ]);
});

it.each([1, 300])(
  'unique values that two streams hold in the end are refused, %i events apart',
  async (apart) => {
    const ctx = testContext();
    const text = await nameHistory(apart, ['a', { name: 'Wanted' }, 1], ['b', { name: 'Wanted' }, 1]);
    await expect(target.import(ctx, text)).rejects.toMatchObject({
      code: 'event_store.transfer.inconsistent',
    });
    expect(await target.store.readAll(undefined, 1, { tenantId: ctx.tenantId, unsettled: true })).toEqual([]);
  },
);
