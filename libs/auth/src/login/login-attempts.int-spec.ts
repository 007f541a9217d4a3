import { uuidv7 } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import { migrations } from '../spec-support/house.module.js';
import { type Guess, type GuessSubject, LoginAttempts } from './login-attempts.js';
import { LoginThrottled } from './login.errors.js';

describe('attempts to log in', () => {
  let db: TestDatabase;
  let attempts: LoginAttempts;
  let tenantId: string;

  beforeAll(async () => {
    db = await TestDatabase.create({ migrations });
    attempts = new LoginAttempts(db.database);
  });
  beforeEach(() => (tenantId = uuidv7()));
  afterAll(() => db.close());

  const from = (account: string, address: string): GuessSubject[] => [
    { kind: 'account', key: account },
    { kind: 'address', key: address },
  ];
  /** How many of so many guesses, one after another, are admitted; they all fail. */
  const admitted = async (subjects: () => GuessSubject[], guesses: number) => {
    let count = 0;
    for (let guess = 0; guess < guesses; guess += 1) {
      const outcome = await attempts.begin(tenantId, subjects()).catch((error: unknown) => error);
      if (!(outcome instanceof LoginThrottled)) count += 1;
    }
    return count;
  };
  const waitOf = async (subjects: GuessSubject[]) => {
    const outcome = await attempts.begin(tenantId, subjects).catch((error: unknown) => error);
    return outcome instanceof LoginThrottled ? outcome.retryAfter : 0;
  };
  /** Lets time pass; another process goes on. */
  const sleep = async (interval: string) => {
    attempts = new LoginAttempts(db.database);
    await db.admin(
      `update acci.login_attempts set failed_at = failed_at - $2::interval, blocked_until = blocked_until - $2::interval
        where tenant_id = $1`,
      [tenantId, interval],
    );
  };
  const rows = () =>
    db.admin<{ subject: string; failures: number }>(
      'select subject, failures from acci.login_attempts where tenant_id = $1 order by subject',
      [tenantId],
    );

  it('wait after five for an account, wherever they come from, and ever longer', async () => {
    let address = 0;
    const next = () => from('ada', `192.0.2.${(address += 1)}`);
    expect(await admitted(next, 8)).toBe(5);
    expect(await waitOf(next())).toBeCloseTo(1, 0);
    for (const seconds of [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
      await sleep('15 minutes');
      expect(await admitted(next, 1)).toBe(1);
      expect(await waitOf(next())).toBeGreaterThan(seconds * 0.55);
      expect(await waitOf(next())).toBeLessThanOrEqual(seconds);
    }
    expect(await waitOf(from('bob', '192.0.2.1'))).toBe(0);
  });

  it('wait after twenty from an address, whosoever account they are for', async () => {
    let name = 0;
    const next = () => from(`user ${(name += 1)}`, '192.0.2.1');
    expect(await admitted(next, 30)).toBe(20);
    expect(await waitOf(from('ada', '192.0.2.2'))).toBe(0);
  });

  it('count before they are looked at: fifty at the same time are fifty', async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 50 }, () => attempts.begin(tenantId, from('ada', '192.0.2.1'))),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(45);
    expect(await rows()).toEqual([
      { subject: 'account', failures: 5 },
      { subject: 'address', failures: 5 },
    ]);
  });

  it('that are refused make no delay longer, and count nowhere', async () => {
    const next = () => from('ada', '192.0.2.1');
    await admitted(next, 5);
    const before = await rows();
    expect(await admitted(next, 20)).toBe(0);
    expect(await rows()).toEqual(before);
    await sleep('1 second');
    expect(await admitted(next, 1)).toBe(1);
  });

  it('that succeed forget the account’s failures, but not the address’s', async () => {
    const next = () => from('ada', '192.0.2.1');
    await admitted(next, 3);
    await attempts.succeeded(await attempts.begin(tenantId, next()));
    expect(await rows()).toEqual([{ subject: 'address', failures: 3 }]);
  });

  it('that succeed end only the delay that they made themselves', async () => {
    let name = 0;
    const next = () => from(`user ${(name += 1)}`, '192.0.2.1');
    await admitted(next, 19);
    const right = await attempts.begin(tenantId, next());
    await attempts.succeeded(right);
    expect(await waitOf(next())).toBe(0);
    await sleep('1 minute');
    const early = await attempts.begin(tenantId, next());
    await sleep('1 minute');
    const late = await attempts.begin(tenantId, next());
    expect(late.counted).toHaveLength(2);
    await attempts.succeeded(early);
    expect(await waitOf(next())).toBeGreaterThan(0);
  });

  it('wait without asking the database each time', async () => {
    const next = () => from('ada', '192.0.2.1');
    await admitted(next, 6);
    await db.admin('delete from acci.login_attempts where tenant_id = $1', [tenantId]);
    expect(await waitOf(next())).toBeGreaterThan(0);
    expect(await rows()).toEqual([]);
  });

  it('of a known device have nothing to do with what others do', async () => {
    let address = 0;
    await admitted(() => from('ada', `192.0.2.${(address += 1)}`), 6);
    const device: GuessSubject[] = [{ kind: 'device', key: 'ada, laptop' }];
    expect(await admitted(() => device, 12)).toBe(10);
    expect(await waitOf(from('bob', '192.0.2.1'))).toBe(0);
  });

  it('that could not be looked at are none', async () => {
    const guesses: Guess[] = [];
    for (let guess = 0; guess < 5; guess += 1)
      guesses.push(await attempts.begin(tenantId, from('ada', '192.0.2.1')));
    expect(await waitOf(from('ada', '192.0.2.1'))).toBeGreaterThan(0);
    attempts = new LoginAttempts(db.database);
    for (const guess of guesses.toReversed()) await attempts.withdraw(guess);
    expect((await rows()).map(({ failures }) => failures)).toEqual([0, 0]);
    expect(await waitOf(from('ada', '192.0.2.1'))).toBe(0);
  });

  it('are not kept out by a clock that jumps', async () => {
    const next = () => from('ada', '192.0.2.1');
    await admitted(next, 10);
    // Set back by ten years: what was written is far in the future.
    await sleep('-10 years');
    expect(await waitOf(next())).toBe(0);
    expect(await waitOf(next())).toBeGreaterThan(0);
    // Set forward by ten years: all of it is long ago.
    await sleep('10 years');
    expect(await admitted(next, 5)).toBe(5);
  });

  it('are forgotten after a day', async () => {
    await admitted(() => from('ada', '192.0.2.1'), 5);
    await sleep('25 hours');
    await attempts.begin(tenantId, from('bob', '192.0.2.2'));
    expect(await rows()).toEqual([
      { subject: 'account', failures: 1 },
      { subject: 'address', failures: 1 },
    ]);
  });
});
