import { formatPosition } from '@acci/event-store';
import { Projections, toProjection, type ShareState } from '@acci/projections';
import { SubCommand } from 'nest-commander';
import { AcciCommand, type CommonOptions } from '../acci-command.js';
import { printable } from '../console/terminal.js';
import { headings, problemsOf, rowOf } from './list-projections.command.js';
import { projection } from './projection-act.js';

@SubCommand({
  ...projection,
  name: 'show',
  description: 'Show one projection with its shares: what each does, who works on it, and what it halted at.',
})
export class ShowProjectionCommand extends AcciCommand {
  protected readonly examples = [
    'acci projections show shop.order-list',
    `acci projections show shop.order-list --json | jq '.shares[] | select(.status == "halted")'`,
  ];

  protected async execute([name = '']: readonly string[], { json }: CommonOptions): Promise<void> {
    const projections = await this.platform.get(Projections);
    const status = await projections.get(name);
    if (json) return this.terminal.printJson(toProjection(status));
    await this.terminal.printTable(headings, [rowOf(status)]);
    if (status.shares.length > 0) {
      await this.terminal.print('');
      await this.terminal.printTable(
        ['SHARE', 'STATUS', 'POSITION', 'STOPS AT', 'ATTEMPTS', 'WORKER'],
        status.shares.map(shareRow),
      );
    }
    for (const line of problemsOf(status)) await this.terminal.print(printable(line));
  }
}

function shareRow({ share, status, checkpoint, stopAt, attempts, lease }: ShareState): string[] {
  const [at, end] = [checkpoint, stopAt].map((position) => (position ? formatPosition(position) : ''));
  return [share, status, at ?? '', end ?? '', attempts > 0 ? String(attempts) : '', lease?.holder ?? ''];
}
