import { Account } from '../fixtures/account.js';
import { Branch, forge, parseLines } from '../fixtures/transfers.js';
import { testContext } from '../testing/context.js';
import type { EventLine, TransferLine } from './transfer-lines.js';

let source: Branch;
let target: Branch;
let whole: string;
const ctx = testContext();

beforeAll(async () => {
  [source, target] = await Promise.all([Branch.open(), Branch.open()]);
  const account = Account.open('savings', 'Savings');
  for (let index = 0; index < 1_200; index += 1) account.deposit(index + 1);
  await source.store.save(ctx, account);
  await source.store.save(ctx, Account.open('cards', 'Cards'));
  whole = await source.export(ctx);
});
afterAll(() => Promise.all([source.close(), target.close()]));

/** Whatever is refused, there must be nothing of it. */
async function expectRefused(refused: Promise<unknown>, error: object): Promise<void> {
  await expect(refused).rejects.toMatchObject(error);
  expect(await target.written()).toEqual([{ events: 0, claims: 0 }]);
}

const lines = () => whole.trimEnd().split('\n');
const without = (index: number) => lines().toSpliced(index, 1).join('\n');

describe('a file that is not whole', () => {
  it.each<[string, string, () => string]>([
    ['is empty', 'truncated', () => ''],
    ['has only its header', 'truncated', () => `${lines()[0]}\n`],
    ['ends before its manifest', 'truncated', () => lines().slice(0, -1).join('\n')],
    ['ends inside of a line', 'unreadable', () => whole.slice(0, whole.length / 2)],
    ['ends inside of its manifest', 'unreadable', () => whole.slice(0, -10)],
    ['lacks an event before a block', 'damaged', () => without(7)],
    ['lacks its last event', 'damaged', () => without(-2)],
    ['lacks a block', 'damaged', () => without(1_001)],
    ['lacks its header', 'damaged', () => without(0)],
    [
      'has an event twice',
      'damaged',
      () =>
        lines()
          .toSpliced(5, 0, lines()[5] ?? '')
          .join('\n'),
    ],
    [
      'has two events exchanged',
      'damaged',
      () =>
        lines()
          .with(4, lines()[5] ?? '')
          .with(5, lines()[4] ?? '')
          .join('\n'),
    ],
    ['goes on after its manifest', 'damaged', () => whole + (lines()[3] ?? '')],
    ['is there twice', 'damaged', () => whole + whole],
    ['was changed in one digit', 'damaged', () => whole.replace('"amount":1199', '"amount":9911')],
    ['was changed in a time', 'damaged', () => whole.replace(/"recordedAt":"2/, '"recordedAt":"3')],
    ['was changed in its header', 'damaged', () => whole.replace('"replaced"', '"included"')],
    [
      'counts other types',
      'damaged',
      () => whole.replace('"bank.account.opened":2', '"bank.account.opened":3'),
    ],
    ['was reformatted', 'damaged', () => whole.replace('{"kind":"event",', '{"kind": "event",')],
    ['is of another format', 'unreadable', () => whole.replace('tenant-export/1', 'tenant-export/2')],
    ['is something else', 'unreadable', () => '{"slug":"acme"}\n'],
    ['is no text', 'unreadable', () => '\0\u{1F600}'],
    ['has a blank line', 'unreadable', () => whole.replace('\n', '\n\n')],
  ])('that %s is refused as %s', async (_, code, text) => {
    await expectRefused(target.import(ctx, text()), { code: `event_store.transfer.${code}` });
  });

  it('that breaks off while it is sent is not begun', async () => {
    const breaking = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from(whole.slice(0, 10_000));
      throw new Error('the connection broke');
    };
    await expectRefused(target.transfer.import(ctx, breaking()), { message: 'the connection broke' });
  });

  it('that has a line without an end is not held in memory', async () => {
    const endless = async function* (): AsyncGenerator<Buffer> {
      for (;;) yield Buffer.alloc(1024 * 1024, 'x');
    };
    const refusal = { code: 'event_store.transfer.unreadable', details: { line: 1 } };
    await expectRefused(target.transfer.import(ctx, endless()), refusal);
  });
});

/** An export whose hashes are right, but whose events were changed. */
function forged(change: (event: EventLine, index: number) => readonly object[]): string {
  let index = 0;
  const changed = parseLines(whole).flatMap((line) =>
    line.kind === 'event' ? (change(line, index++) as TransferLine[]) : [line],
  );
  return forge(changed);
}
const changing = (at: number, change: (event: EventLine) => object) =>
  forged((event, index) => [index === at ? { ...event, ...change(event) } : event]);

describe('events that', () => {
  it('were not changed are taken when the hashes are made anew: the tests below are about the events', async () => {
    const elsewhere = await Branch.open();
    await elsewhere.import(
      ctx,
      forged((event) => [event]),
    );
    expect(await elsewhere.written()).toEqual(await source.written());
    await elsewhere.close();
  });

  it.each<[string, string, () => string]>([
    [
      'this program does not know',
      'event_store.event.unknown_type',
      () => changing(3, () => ({ type: 'bank.account.robbed' })),
    ],
    [
      'are of a stream type it does not know',
      'event_store.event.unknown_type',
      () => changing(3, () => ({ streamType: 'bank.vault' })),
    ],
    [
      'come from the future',
      'event_store.event.unknown_version',
      () => changing(3, () => ({ schemaVersion: 2 })),
    ],
    [
      'do not fit their schema',
      'event_store.event.invalid',
      () => changing(3, () => ({ data: { amount: -1 } })),
    ],
    [
      'PostgreSQL cannot store',
      'event_store.data.invalid_text',
      () => changing(3, () => ({ data: { amount: 1, note: '\0' } })),
    ],
    [
      'are too large',
      'event_store.event.too_large',
      () => changing(3, () => ({ data: { amount: 1, note: 'x'.repeat(1024 * 1024) } })),
    ],
    [
      'have a stream without a name',
      'event_store.stream.invalid_id',
      () => changing(3, () => ({ streamId: '' })),
    ],
    [
      'have metadata that cannot be stored',
      'event_store.data.invalid_text',
      () => changing(3, ({ metadata }) => ({ metadata: { ...metadata, actor: 'a\0b' } })),
    ],
  ])('%s are refused as %s, with their line', async (_, reason, text) => {
    await expectRefused(target.import(ctx, text()), {
      code: 'event_store.transfer.event_refused',
      details: { line: 5, reason },
    });
  });

  it.each<[string, RegExp, () => string]>([
    [
      'are there twice',
      /two events of one version/,
      () => forged((event, index) => (index === 9 ? [event, event] : [event])),
    ],
    [
      'have one id',
      /is there twice/,
      () => changing(9, () => ({ id: (parseLines(whole)[2] as EventLine).id })),
    ],
    ['are missing in between', /no sequence/, () => forged((event, index) => (index === 9 ? [] : [event]))],
    ['are missing at the start', /no sequence/, () => forged((event, index) => (index === 0 ? [] : [event]))],
    [
      'are in the wrong order',
      /no sequence/,
      () =>
        forged((event, index) => [
          { ...event, version: index === 9 ? 11 : index === 10 ? 10 : event.version },
        ]),
    ],
    [
      'come after the end of their stream',
      /no sequence/,
      () => changing(9, () => ({ type: 'acci.stream.archived', data: {} })),
    ],
    [
      'take one value for two streams',
      /two streams hold one value/,
      () => changing(1_201, () => ({ data: { name: 'Savings' } })),
    ],
  ])('%s contradict each other', async (_, message, text) => {
    await expectRefused(target.import(ctx, text()), {
      code: 'event_store.transfer.inconsistent',
      message: expect.stringMatching(message),
    });
  });
});
