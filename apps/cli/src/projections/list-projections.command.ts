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
    await this.terminal.printTable(headings, statuses.map(rowOf));
    for (const line of statuses.flatMap(problemsOf)) await this.terminal.print(printable(line));
  }
}

/** Above the rows that {@link rowOf} makes. */
export const headings = ['NAME', 'LIFECYCLE', 'VERSION', 'TENANTS', 'STATUS', 'POSITION', 'BEHIND'];

/** A projection in one line. */
export function rowOf(projection: ProjectionStatus): string[] {
  const { name, lifecycle, version, status, checkpoint, lag, rebuild } = projection;
  const doing = rebuild ? `${status}, build ${rebuild.build} at ${Math.floor(rebuild.done * 100)} %` : status;
  const events = lag.events >= lagLimit ? `${lagLimit} events or more` : `${lag.events} events`;
  const behind = lag.events > 0 ? `${events}, ${Math.round(lag.seconds)}s` : '';
  const tenants = projection.tenants === 'chosen' ? `${projection.chosenTenants ?? 0} chosen` : 'all';
  const position = checkpoint ? formatPosition(checkpoint) : '';
  return [name, lifecycle, String(version), tenants, doing, position, behind];
}

/** What it has halted at, a line for each. */
export function problemsOf({ name, shares }: ProjectionStatus): string[] {
  return shares.flatMap(({ status, tenantId, lastError }) => {
    if (status !== 'halted' || !lastError) return [];
    const { eventType, position, message } = lastError;
    return [
      `${name} has halted for ${tenantId ?? lastError.tenantId} at ${eventType} ${position}: ${message}`,
    ];
  });
}
