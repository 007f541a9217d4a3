import type { Context } from '@acci/event-store';
import { Projections, toProjection } from '@acci/projections';
import { ReasonedCommand, type ReasonedOptions } from '../acci-command.js';
import { tenantOption } from '../options.js';

/** What commands are told that may act on one tenant's part alone. */
export interface ProjectionActOptions extends ReasonedOptions {
  readonly tenant?: string;
}

/** Who acts, on what, and why: what every act of {@link Projections} is told. */
export type Act = [
  ctx: Context,
  name: string,
  options: { readonly reason: string; readonly tenantId: string | undefined },
];

export const onlyTenant = tenantOption('only for this tenant');

/** How each command names its projection. */
export const projection = {
  arguments: '<name>',
  argsDescription: { name: 'the projection, as list names it' },
};

/** A command that acts on a projection, or on one tenant's part of it. */
export abstract class ProjectionCommand<O extends ProjectionActOptions> extends ReasonedCommand<O> {
  protected async actOf(name: string, options: O): Promise<Act> {
    const { tenant, reason } = options;
    const tenantId = tenant === undefined ? undefined : await this.tenants.idOf(tenant);
    return [this.platform.context(options), name, { reason, tenantId }];
  }
}

/** One that is done at once, and says how the projection is then. */
export abstract class ProjectionActCommand extends ProjectionCommand<ProjectionActOptions> {
  protected abstract act(projections: Projections, ...act: Act): Promise<void>;

  protected async execute([name = '']: readonly string[], options: ProjectionActOptions): Promise<void> {
    const projections = await this.platform.get(Projections);
    await this.act(projections, ...(await this.actOf(name, options)));
    const status = await projections.get(name);
    if (options.json) return this.terminal.printJson(toProjection(status));
    this.terminal.say(this.told(name, status.status));
  }

  protected told(name: string, status: string): string {
    return `${name} is ${status}.`;
  }
}
