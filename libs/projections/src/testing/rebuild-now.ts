import { setTimeout as sleep } from 'node:timers/promises';
import { testContext } from '@acci/event-store/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { ProjectionRunner } from '../async/projection-runner.js';
import { Projections } from '../projections.js';

const pollMs = 20;

/**
 * Rebuilds a projection and waits until the new tables serve: in a test, to hold what a rebuild gives against what there
 * was. Where no runner runs, one does meanwhile.
 *
 * @example
 * const before = await rows();
 * await rebuildNow(app, 'shop.order-list');
 * expect(await rows()).toEqual(before);
 */
export async function rebuildNow(app: INestApplicationContext, name: string): Promise<void> {
  const projections = app.get(Projections, { strict: false });
  const runner = app.get(ProjectionRunner, { strict: false });
  const wasRunning = runner.running;
  runner.start();
  try {
    const { build } = await projections.rebuild(testContext(), name, { reason: 'a test' });
    for (let done = false; !done;) {
      await sleep(pollMs);
      const { status } = await projections.rebuildProgress(name, build);
      if (status === 'aborted') throw new Error(`The rebuild of ${name} was aborted`);
      done = status !== 'filling';
    }
  } finally {
    if (!wasRunning) await runner.stop();
  }
}
