import { formatPosition } from '@acci/event-store';
import { lagLimit, Projections, toProjection, type ProjectionStatus } from '@acci/projections';
import { SubCommand } from 'nest-commander';
import { AcciCommand, type CommonOptions } from '../acci-command.js';
import { printable } from '../console/terminal.js';

@SubCommand({
  name: 'list',
  description: 'List projections: what they do, how far they are and behind, and what they halted at.',
})
export class ListProjectionsCommand extends AcciCommand {
  protected readonly examples = [
    'acci projections list',
    `acci projections list --json | jq -e 'all(.[]; .status != "halted")'`,
  ];

  protected async execute(_params: readonly string[], { json }: CommonOptions): Promise<void> {
    const projections = await this.platform.get(Projections);
    const statuses = await projections.status();
    if (json) return this.terminal.printJson(statuses.map(toProjection));
    await this.terminal.printTable(
      ['NAME', 'LIFECYCLE', 'VERSION', 'STATUS', 'POSITION', 'BEHIND'],
      statuses.map(rowOf),
    );
    for (const line of statuses.flatMap(problemsOf)) await this.terminal.print(printable(line));
  }
}

function rowOf({ name, lifecycle, version, status, checkpoint, lag, rebuild }: ProjectionStatus): string[] {
  const doing = rebuild ? `${status}, build ${rebuild.build} at ${Math.floor(rebuild.done * 100)} %` : status;
  const events = lag.events >= lagLimit ? `${lagLimit} events or more` : `${lag.events} events`;
  const behind = lag.events > 0 ? `${events}, ${Math.round(lag.seconds)}s` : '';
  return [name, lifecycle, String(version), doing, checkpoint ? formatPosition(checkpoint) : '', behind];
}

function problemsOf({ name, shares }: ProjectionStatus): string[] {
  return shares.flatMap(({ status, tenantId, lastError }) => {
    if (status !== 'halted' || !lastError) return [];
    const { eventType, position, message } = lastError;
    return [
      `${name} has halted for ${tenantId ?? lastError.tenantId} at ${eventType} ${position}: ${message}`,
    ];
  });
}
