import { setTimeout as sleep } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { Projections } from '../projections.js';

/**
 * Waits until asynchronous projections have handled everything that was appended so far, and rebuilds have taken the
 * place of what was before. Some process must run them.
 *
 * @param timeoutMs how long to wait, in milliseconds; a machine that is busy with other tests takes its time. Default 30,000.
 * @throws {Error} when one of them halts or is paused, or the time is over.
 * @example
 * await store.save(ctx, order);
 * await drain(app);
 */
export async function drain(app: Pick<INestApplicationContext, 'get'>, timeoutMs = 30_000): Promise<void> {
  const projections = app.get(Projections);
  const deadline = performance.now() + timeoutMs;
  for (let pause = 5; ; pause = Math.min(pause * 1.5, 50)) {
    // A rebuild is part of it; the first filling of tables is not, it is seen as it comes.
    const behind = (await projections.status()).filter(
      ({ lag, build, rebuild }) => lag.events > 0 || (rebuild && rebuild.build !== build),
    );
    if (behind.length === 0) return;
    const stopped = behind.find(({ status }) => status === 'halted' || status === 'paused');
    if (stopped) {
      const failed = stopped.shares.find(({ status }) => status === 'halted');
      throw new Error(
        `${stopped.name} is ${stopped.status}: ${failed?.lastError?.message ?? 'by an operator'}`,
      );
    }
    if (performance.now() > deadline) {
      throw new Error(`Still behind after ${timeoutMs} ms: ${behind.map(({ name }) => name).join(', ')}`);
    }
    // Ever more seldom: to ask is work as well, for the same database.
    await sleep(pause);
  }
}
