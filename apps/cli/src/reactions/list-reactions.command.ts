import { backlogLimit, Reactions, type ReactionBacklog } from '@acci/projections';
import { SubCommand } from 'nest-commander';
import { AcciCommand, type CommonOptions } from '../acci-command.js';

@SubCommand({
  name: 'list',
  description: 'List subscriptions and process managers: how much is due, for how long, and what is dead.',
})
export class ListReactionsCommand extends AcciCommand {
  protected readonly examples = [
    'acci reactions list',
    `acci reactions list --json | jq -e 'all(.[]; .seconds < 60)'`,
  ];

  protected async execute(_params: readonly string[], { json }: CommonOptions): Promise<void> {
    const backlog = await (await this.platform.get(Reactions)).backlog();
    if (json) return this.terminal.printJson(backlog);
    await this.terminal.printTable(['NAME', 'KIND', 'WAITING', 'FOR', 'DEAD LETTERS'], backlog.map(rowOf));
  }
}

function rowOf({ name, kind, waiting, seconds, deadLetters }: ReactionBacklog): string[] {
  const many = waiting >= backlogLimit ? `${backlogLimit} or more` : String(waiting);
  return [name, kind, many, waiting > 0 ? `${Math.round(seconds)}s` : '', String(deadLetters)];
}
