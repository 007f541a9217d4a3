import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { type AuthModuleOptions, MODULE_OPTIONS_TOKEN } from '../auth.options.js';

/**
 * Answers that do not show what was done: they come after the same time, whether there was much to do or nothing. So
 * nobody learns from them who has an account.
 */
@Injectable()
export class QuietAnswers implements OnModuleDestroy {
  private readonly logger = new Logger(QuietAnswers.name);
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly afterMs: number;

  constructor(@Inject(MODULE_OPTIONS_TOKEN) { quietAnswerMs = 300 }: AuthModuleOptions) {
    this.afterMs = quietAnswerMs;
  }

  /** What was answered for is done, before the database closes. */
  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.underWay);
  }

  /**
   * Starts the work, and returns when the time is over. Work that takes longer goes on. That it failed is for the log,
   * since only work for somebody who is there can fail in most ways; but if the database was away, this says so.
   *
   * @throws what the work threw in time, if it is of the kind `unavailable`.
   */
  async after(work: () => Promise<unknown>): Promise<void> {
    let outage: unknown;
    const done = work().catch((error: unknown) => {
      if ((error as { kind?: unknown }).kind === 'unavailable') outage = error;
      else this.logger.error(error);
    });
    this.underWay.add(done);
    void done.finally(() => this.underWay.delete(done));
    await sleep(this.afterMs);
    if (outage) throw outage;
  }
}
