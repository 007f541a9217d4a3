import { AssertionError } from 'node:assert/strict';
import { z } from 'zod';
import { Savings, SavingsOpened, SavingsPaidIn } from '../fixtures/savings.js';
import { EventInvalid, EventRegistry, RegistrationError, snapshotOf, type Snapshot } from '../index.js';
import { given } from '../testing/given.js';

const { snapshot } = Savings;
const history = [SavingsOpened.of({ owner: 'ada' }), SavingsPaidIn.of({ amount: 5 })];

/** The same aggregate with another snapshot. */
function savingsWith(changes: Partial<Snapshot<Savings, typeof snapshot.schema>>): typeof Savings {
  return class extends Savings {
    static override readonly snapshot = snapshotOf({ ...snapshot, ...changes });
  };
}

function payIn(type: typeof Savings): () => void {
  return () =>
    given(type, 's-1', history)
      .when((savings) => savings.payIn(1))
      .then([SavingsPaidIn.of({ amount: 1 })]);
}

describe('given / when / then on an aggregate with snapshots', () => {
  it('passes with a snapshot that brings everything back', () => {
    expect(payIn(Savings)).not.toThrow();
  });

  it('goes on with what the snapshot restored', () => {
    let seen: Savings | undefined;
    const when = given(Savings, 's-1', history).when((savings) => {
      seen = savings;
    });
    when.then([]);
    expect(seen?.version).toBe(2);
    expect(seen?.summary).toEqual({ owner: 'ada', balance: 5, lastPayments: [5] });
  });

  it('fails with a snapshot that leaves something out', () => {
    expect(payIn(savingsWith({ restore: () => {} }))).toThrow(AssertionError);
  });

  it('fails with a state that does not fit its schema', () => {
    const take = () => ({ owner: 'ada', balance: 0.5, payments: [] });
    expect(payIn(savingsWith({ take }))).toThrow(EventInvalid);
  });
});

describe('a snapshot that is declared wrongly', () => {
  it.each([
    ['every', { every: 0 }],
    ['version', { version: 1.5 }],
    ['schema', { schema: undefined }],
    ['data that is no JSON', { schema: z.object({ at: z.date() }) }],
    ['take', { take: undefined }],
  ])('is refused at boot: %s', (_, changes) => {
    const type = savingsWith(changes as Partial<typeof snapshot>);
    expect(() => new EventRegistry().register(type)).toThrow(RegistrationError);
  });
});
