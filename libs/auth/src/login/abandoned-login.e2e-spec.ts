import { setTimeout as sleep } from 'node:timers/promises';
import { LoginApp } from '../spec-support/login-app.js';

describe('A login whose caller has gone', () => {
  let app: LoginApp;

  beforeAll(async () => {
    // One check at a time, that takes a while.
    app = await LoginApp.start('fastify', {
      passwordHashing: { weak: true, memoryKiB: 65_536, passes: 4, concurrency: 1 },
    });
  });
  afterAll(() => app.close());

  /** Waits until so many failures of accounts are counted, for any of them. */
  async function counted(failures: readonly number[]): Promise<void> {
    const seen = async () =>
      (
        await app.db.admin<{ failures: number }>(
          `select failures from acci.login_attempts where subject = 'account' order by failures`,
        )
      ).map((row) => row.failures);
    const end = Date.now() + 20_000;
    while ((await seen()).join() !== failures.join() && Date.now() < end) await sleep(10);
    expect(await seen()).toEqual(failures);
  }

  it('is not looked at when its turn comes, and not counted', async () => {
    const first = app.logIn({ login: 'somebody@example.com' });
    await counted([1]);
    const gone = new AbortController();
    const second = app.logIn({ login: 'another@example.com' }, {}, gone.signal).catch(() => 'gone');
    await counted([1, 1]);
    gone.abort();
    expect(await second).toBe('gone');
    expect((await first).status).toBe(401);
    await counted([0, 1]);
  });
});
