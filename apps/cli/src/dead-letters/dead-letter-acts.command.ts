import type { Context } from '@acci/event-store';
import { DeadLetterNotFound, DeadLetters, DeadLetterSettled } from '@acci/projections';
import { SubCommand } from 'nest-commander';
import { z } from 'zod';
import { ReasonedCommand, type ReasonedOptions } from '../acci-command.js';
import { ExitCode, UsageError } from '../exit-codes.js';
import { flag, Takes } from '../options.js';
import { ofSubscription, ofTenant, pagesOf, type DeadLetterOptions } from './dead-letter-options.js';

interface DeadLetterActOptions extends ReasonedOptions, DeadLetterOptions {
  readonly all?: boolean;
}

type Act = [ctx: Context, id: string, options: { readonly reason: string }];

const what = { arguments: '[ids...]', argsDescription: { ids: 'as list prints them' } };

/** An act on dead letters: those that are named, or all that are open. */
@Takes(
  ofTenant,
  ofSubscription,
  flag('--all', 'all that are open, as far as the other options do not say less'),
)
abstract class DeadLetterActCommand extends ReasonedCommand<DeadLetterActOptions> {
  /** What is being done, and what was. */
  protected abstract readonly words: readonly [doing: string, done: string];

  protected abstract act(deadLetters: DeadLetters, ...act: Act): Promise<unknown>;

  protected async execute(given: readonly string[], options: DeadLetterActOptions): Promise<ExitCode> {
    const { tenant, subscription: reaction, all = false, reason, json } = options;
    if (all === given.length > 0) throw new UsageError('Name the dead letters, or say --all');
    const wrong = given.find((id) => !z.uuid().safeParse(id).success);
    if (wrong !== undefined) throw new UsageError(`${wrong} is no id of a dead letter`);
    const tenantId = tenant === undefined ? undefined : await this.tenants.idOf(tenant);
    const deadLetters = await this.platform.get(DeadLetters);
    const ids = all ? undefined : given.map((id) => id.toLowerCase());
    await this.assertThere(deadLetters, { tenantId, reaction, ids });
    const [doing, done] = this.words;
    let count = 0;
    let settled = 0;
    await this.terminal.progress({ title: doing, unit: 'dead letters', total: ids?.length }, async (bar) => {
      const status = all ? ('open' as const) : undefined;
      for await (const page of pagesOf(deadLetters, { tenantId, reaction, status, ids })) {
        for (const letter of page) {
          const ctx = this.platform.context(options, letter.tenantId);
          const acted = await this.act(deadLetters, ctx, letter.id, { reason }).catch(settledBefore);
          if (acted) count += 1;
          else settled += 1;
          bar.update(count + settled);
        }
      }
    });
    if (json) await this.terminal.printJson({ [done]: count, settledBefore: settled });
    else this.terminal.say(`${count} ${done}${settled > 0 ? `, ${settled} settled before` : ''}.`);
    return settled > 0 ? ExitCode.refused : ExitCode.done;
  }

  /** Before anything is done: a slip of the pen must not leave half of it done. */
  private async assertThere(
    deadLetters: DeadLetters,
    selection: Parameters<DeadLetters['listEverywhere']>[0] & { readonly ids: readonly string[] | undefined },
  ): Promise<void> {
    if (!selection.ids) return;
    const found = new Set<string>();
    for await (const page of pagesOf(deadLetters, selection)) for (const { id } of page) found.add(id);
    const missing = selection.ids.find((id) => !found.has(id));
    if (missing !== undefined) throw new DeadLetterNotFound(missing);
  }
}

@SubCommand({
  ...what,
  name: 'retry',
  description: 'Deliver dead letters again, and what waits behind them after that.',
})
export class RetryDeadLettersCommand extends DeadLetterActCommand {
  protected readonly words = ['Retrying', 'retried'] as const;
  protected readonly examples = [
    `acci dead-letters retry 019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f --reason 'The receiver is back'`,
    `acci dead-letters retry --all --subscription shop.order-webhook --reason 'The receiver is back'`,
  ];

  protected act(deadLetters: DeadLetters, ...act: Act): Promise<unknown> {
    return deadLetters.retry(...act);
  }
}

@SubCommand({
  ...what,
  name: 'discard',
  description: 'Give dead letters up; what waits behind them goes on. There is no way back.',
})
export class DiscardDeadLettersCommand extends DeadLetterActCommand {
  protected readonly words = ['Discarding', 'discarded'] as const;
  protected readonly examples = [
    `acci dead-letters discard 019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f --reason 'The customer has moved'`,
  ];

  protected act(deadLetters: DeadLetters, ...act: Act): Promise<unknown> {
    return deadLetters.discard(...act);
  }
}

/** Somebody else was faster, or it has arrived since. */
function settledBefore(error: unknown): undefined {
  if (error instanceof DeadLetterSettled || error instanceof DeadLetterNotFound) return undefined;
  throw error;
}
