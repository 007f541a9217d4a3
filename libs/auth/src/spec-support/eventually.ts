import { setTimeout as sleep } from 'node:timers/promises';

/** Until something is as expected. @throws if it is not in 5 seconds. */
export async function eventually<T>(ask: () => Promise<T>, expected: T): Promise<void> {
  const end = Date.now() + 5_000;
  for (let now = await ask(); now !== expected; now = await ask()) {
    if (Date.now() > end) throw new Error(`It is ${String(now)}, and not ${String(expected)}`);
    await sleep(20);
  }
}
