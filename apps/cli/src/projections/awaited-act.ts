import { setTimeout as sleep } from 'node:timers/promises';
import { EventStore } from '@acci/event-store';
import { ProjectionBehind, ProjectionRunner, Projections } from '@acci/projections';
import type { Progress } from '../console/progress.js';
import { ExitCode } from '../exit-codes.js';
import { flag, Takes } from '../options.js';
import { ProjectionCommand, type ProjectionActOptions } from './projection-act.js';

/** What a command is told that waits for the end of what it has asked for. */
export interface AwaitedOptions extends ProjectionActOptions {
  /** False after `--no-wait`. */
  readonly wait: boolean;
  readonly work?: boolean;
}

/** What became of the work, of which the bar is told how far it is; undefined as long as it is under way. */
export type Look = (bar: Progress) => Promise<ExitCode | undefined>;

const pollMs = 200;

/** An act whose work is done by whoever runs projections, while the command waits for it. */
@Takes(
  flag('--no-wait', 'end as soon as it is asked for'),
  flag('--work', 'lend a hand meanwhile; needed where no worker runs'),
)
export abstract class AwaitedActCommand extends ProjectionCommand<AwaitedOptions> {
  /** Waits until there is a result, or Ctrl-C. Nothing is undone by that. */
  protected async waitFor(title: string, { work = false }: AwaitedOptions, look: Look): Promise<ExitCode> {
    await this.lendAHand(work);
    const { signal } = this.terminal.io.interrupt;
    return this.terminal.progress({ title, unit: 'events' }, async (bar) => {
      for (;;) {
        const code = await look(bar);
        if (code !== undefined) return code;
        await sleep(pollMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) return ExitCode.interrupted;
      }
    });
  }

  /** Looks whether a tenant has come to the end that the log has now. */
  protected async tenantIsThere(name: string, tenantId: string): Promise<Look> {
    const projections = await this.platform.get(Projections);
    const head = await (await this.platform.get(EventStore)).head();
    return async (bar) => {
      if (!head) return ExitCode.done;
      try {
        await projections.waitFor(head, { projections: [name], tenantId, timeoutMs: pollMs });
        return ExitCode.done;
      } catch (error) {
        if (!(error instanceof ProjectionBehind)) throw error;
        const { shares } = await projections.get(name);
        const own = shares.find((share) => share.tenantId === tenantId);
        if (own?.status === 'halted' || own?.status === 'paused') return ExitCode.failure;
        bar.update(Number(own?.checkpoint?.position ?? 0), Number(head.position));
        return undefined;
      }
    };
  }

  /** Runs projections here while we wait. With a server that we started, nobody else would. */
  private async lendAHand(asked: boolean): Promise<void> {
    const { embedded } = await this.platform.database();
    if (asked || embedded) (await this.platform.get(ProjectionRunner)).start();
  }
}
