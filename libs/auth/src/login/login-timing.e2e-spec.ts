import { uuidv7 } from '@acci/database';
import { CommandBus } from '@nestjs/cqrs';
import { LockUser } from '../index.js';
import { contextIn } from '../spec-support/log-in.js';
import { LoginApp } from '../spec-support/login-app.js';

// In the short run only whether it can be measured at all; what it says is for the long one.
const long = process.env['ACCI_LONG'] === '1';
const rounds = long ? 1_500 : 20;
/** How far from even the odds may be: guessing by time would be right in 55 of 100 cases. */
const tolerance = 0.05;

/**
 * How likely a time of one kind is longer than one of the other (the statistic of Mann and Whitney, as a share): 0.5 for
 * two kinds that cannot be told apart, however their times are spread.
 */
function oddsOfLonger(times: readonly number[], others: readonly number[]): number {
  let longer = 0;
  for (const time of times) for (const other of others) longer += time > other ? 1 : time === other ? 0.5 : 0;
  return longer / (times.length * others.length);
}

it('tells two kinds of times apart that differ, and only those', () => {
  const times = Array.from({ length: 100 }, (_, index) => (index * 37) % 100);
  expect(oddsOfLonger(times, times.toReversed())).toBe(0.5);
  expect(
    oddsOfLonger(
      times.map((time) => time + 20),
      times,
    ),
  ).toBeGreaterThan(0.5 + tolerance);
});

describe('the time of a login that fails', () => {
  let app: LoginApp;
  let logins: Record<'known' | 'locked' | 'withoutPassword' | 'unknown', () => string>;

  beforeAll(async () => {
    app = await LoginApp.start();
    const [known, locked, withoutPassword] = [
      await app.aUser(),
      await app.aUser(),
      await app.aUser({ text: null }),
    ];
    const lock = new LockUser(contextIn(app.tenantId), { id: locked.id, reason: 'no' });
    await app.get(CommandBus).execute(lock);
    logins = {
      known: () => known.email,
      locked: () => locked.email,
      withoutPassword: () => withoutPassword.email,
      unknown: () => `${uuidv7()}@example.com`,
    };
  });
  afterAll(() => app.close());

  it(
    'does not tell a user who is there from one who is not',
    async () => {
      const kinds = Object.keys(logins) as (keyof typeof logins)[];
      const times = Object.fromEntries(kinds.map((kind) => [kind, [] as number[]]));
      for (let round = -10; round < rounds; round += 1) {
        // In turns, each time in another order, so that whatever else the machine does is the same to all.
        for (const kind of kinds.toSorted(() => Math.random() - 0.5)) {
          await app.forgive();
          const body = { login: logins[kind](), password: 'not the password' };
          const start = performance.now();
          const { status } = await app.logIn(body);
          const time = performance.now() - start;
          expect(status).toBe(401);
          if (round >= 0) times[kind]?.push(time);
        }
      }
      if (!long) return;
      for (const kind of ['known', 'locked', 'withoutPassword'] as const) {
        const odds = oddsOfLonger(times[kind] ?? [], times['unknown'] ?? []);
        expect(Math.abs(odds - 0.5)).toBeLessThan(tolerance);
      }
    },
    long ? 600_000 : undefined,
  );
});
