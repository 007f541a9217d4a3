import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { QuietAnswers } from './quiet-answers.js';

describe('Quiet answers', () => {
  const answers = new QuietAnswers({ quietAnswerMs: 20 });
  const nothing = async () => {};

  it('come no sooner for having nothing to do', async () => {
    const began = performance.now();
    await answers.after(nothing);
    expect(performance.now() - began).toBeGreaterThanOrEqual(19);
  });

  it('come before work that takes longer, which is done all the same', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const seen: string[] = [];
    await answers.after(() => promise.then(() => seen.push('done')));
    expect(seen).toEqual([]);
    resolve();
    await promise;
    expect(seen).toEqual(['done']);
  });

  it('let no shutdown cut short what was begun', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    await answers.after(() => promise);
    let over = false;
    const end = answers.onModuleDestroy().then(() => (over = true));
    await sleep(0);
    expect(over).toBe(false);
    resolve();
    await end;
  });

  it('tell of an outage, but not before the time is over', async () => {
    const began = performance.now();
    const away = Object.assign(new Error('away'), { kind: 'unavailable' });
    await expect(answers.after(() => Promise.reject(away))).rejects.toThrow('away');
    expect(performance.now() - began).toBeGreaterThanOrEqual(19);
  });

  it('leave every other failure to the log', async () => {
    const logged: unknown[] = [];
    Logger.overrideLogger({ log() {}, warn() {}, error: (error: unknown) => void logged.push(error) });
    const conflict = Object.assign(new Error('lost a race'), { kind: 'conflict' });
    await expect(answers.after(() => Promise.reject(conflict))).resolves.toBeUndefined();
    const { promise, reject } = Promise.withResolvers<void>();
    await answers.after(() => promise);
    reject(new Error('late'));
    await sleep(0);
    Logger.overrideLogger(false);
    expect(logged).toEqual([conflict, new Error('late')]);
  });
});
