import {
  DeadLetters,
  toDeadLetterResponse,
  type DeadLetter,
  type DeadLetterOfTenant,
} from '@acci/projections';
import { SubCommand } from 'nest-commander';
import { AcciCommand, type CommonOptions } from '../acci-command.js';
import { choice, Takes } from '../options.js';
import { ofSubscription, ofTenant, pagesOf, type DeadLetterOptions } from './dead-letter-options.js';

const statuses = ['open', 'retrying', 'discarded'];

interface ListOptions extends CommonOptions, DeadLetterOptions {
  readonly status: DeadLetter['status'];
}

@SubCommand({
  name: 'list',
  description: 'List what could not be delivered after all tries, oldest first, and what waits behind it.',
})
@Takes(ofTenant, ofSubscription, {
  ...choice('--status <status>', 'only those in this status', statuses),
  defaultValue: 'open',
})
export class ListDeadLettersCommand extends AcciCommand<ListOptions> {
  protected readonly examples = [
    'acci dead-letters list',
    'acci dead-letters list --subscription shop.order-webhook --tenant acme',
    `acci dead-letters list --json | jq -e 'length == 0'`,
  ];

  protected async execute(_params: readonly string[], options: ListOptions): Promise<void> {
    const { tenant, subscription: reaction, status, json } = options;
    const tenantId = tenant === undefined ? undefined : await this.tenants.idOf(tenant);
    const deadLetters = await this.platform.get(DeadLetters);
    const letters: DeadLetterOfTenant[] = [];
    for await (const page of pagesOf(deadLetters, { tenantId, reaction, status })) letters.push(...page);
    if (json)
      return this.terminal.printJson(
        letters.map((letter) => ({ tenantId: letter.tenantId, ...toDeadLetterResponse(letter) })),
      );
    await this.terminal.printTable(
      ['ID', 'TENANT', 'SUBSCRIPTION', 'WHAT', 'WAITING', 'ATTEMPTS', 'FAILED', 'ERROR'],
      letters.map(rowOf),
    );
  }
}

function rowOf(letter: DeadLetterOfTenant): string[] {
  const { id, tenantId, reaction, name, waiting, attempts, failedAt, error } = letter;
  return [id, tenantId, reaction, name, String(waiting), String(attempts), failedAt.toISOString(), error];
}
