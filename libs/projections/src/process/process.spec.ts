import { testContext } from '@acci/event-store/testing';
import { z } from 'zod';
import { TransferOrdered, MoveMoney } from '../fixtures/transfers.js';
import { Process, stepOf } from './process.js';
import { ProcessReaction } from './process-reaction.js';
import type { ProcessManagerOptions } from './process-options.js';

const ctx = testContext();
const options: ProcessManagerOptions = {
  name: 'bank.transfers',
  version: 1,
  events: [TransferOrdered],
  state: z.object({ step: z.string().default('begun') }),
  correlate: ({ streamId }) => streamId,
  commands: { MoveMoney },
};

class Unknown extends MoveMoney {}

describe('a process', () => {
  it('remembers what is to happen, in order, and the last word on each timer', () => {
    const process = new Process(options, 'p', ctx, {});
    process.send(new MoveMoney(ctx, { accountId: 'a', amount: 1 }));
    process.send(new MoveMoney(ctx, { accountId: 'b', amount: 2 }));
    process.schedule('one', { afterMs: 1 });
    process.schedule('two', { afterMs: 1 });
    process.schedule('one', { afterMs: 2 }, { again: true });
    process.cancel('two');
    expect(stepOf(process)).toEqual({
      commands: [
        { name: 'MoveMoney', data: { ctx, input: { input: { accountId: 'a', amount: 1 } } } },
        { name: 'MoveMoney', data: { ctx, input: { input: { accountId: 'b', amount: 2 } } } },
      ],
      timers: new Map([
        ['one', { time: { afterMs: 2 }, data: { again: true } }],
        ['two', undefined],
      ]),
      completed: false,
    });
  });

  it('refuses what it could not send another time', () => {
    const process = new Process(options, 'p', ctx, {});
    expect(() => process.send(new Unknown(ctx, { accountId: 'a', amount: 1 }))).toThrow(
      'does not list Unknown',
    );
    expect(() => process.send(new MoveMoney(ctx, { accountId: 'a', amount: NaN }))).toThrow('is no JSON');
    expect(() => process.schedule('late', { afterMs: 1 }, { at: new Date() })).toThrow('is no JSON');
  });
});

describe('the declaration of a process manager', () => {
  const declare = (change: Partial<Record<keyof ProcessManagerOptions, unknown>>) => () =>
    new ProcessReaction({ handle: () => {} }, { ...options, ...change } as never, {} as never);

  it.each([
    [{ version: 0 }, 'needs a version from 1'],
    [{ correlate: undefined }, 'what events are correlated by'],
    [{ commands: undefined }, 'does not list its commands'],
    [{ state: z.object({ step: z.string() }) }, 'a default for every field'],
    [{ begins: [{ ...TransferOrdered, type: 'bank.other' }] }, 'begins with bank.other'],
  ])('%j fails at boot', (change, message) => {
    expect(declare(change)).toThrow(message);
  });

  it('is fine otherwise', () => {
    expect(declare({})).not.toThrow();
  });
});
