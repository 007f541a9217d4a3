import type { Context } from '@acci/event-store';
import { Projections, toProjection, type TenantActOptions } from '@acci/projections';
import { Inject } from '@nestjs/common';
import { Option, SubCommand } from 'nest-commander';
import { ReasonedCommand, type ReasonedOptions } from '../acci-command.js';
import { TenantLookup } from '../tenants/tenant-lookup.js';

interface ProjectionActOptions extends ReasonedOptions {
  readonly tenant?: string;
}

type Act = [ctx: Context, name: string, options: TenantActOptions];

/** An act on a projection, or on one tenant's part of it. */
abstract class ProjectionActCommand extends ReasonedCommand<ProjectionActOptions> {
  @Inject(TenantLookup) private readonly tenants!: TenantLookup;

  protected abstract act(projections: Projections, ...act: Act): Promise<void>;

  @Option({ flags: '--tenant <tenant>', description: 'only for this tenant: id, slug or platform' })
  tenant(tenant: string): string {
    return tenant;
  }

  protected async execute([name = '']: readonly string[], options: ProjectionActOptions): Promise<void> {
    const { tenant, reason, json } = options;
    const tenantId = tenant === undefined ? undefined : await this.tenants.idOf(tenant);
    const projections = await this.platform.get(Projections);
    await this.act(projections, this.platform.context(options), name, { reason, tenantId });
    const status = await projections.get(name);
    if (json) return this.terminal.printJson(toProjection(status));
    this.terminal.say(`${name} is ${status.status}.`);
  }
}

const name = { arguments: '<name>', argsDescription: { name: 'the projection, as list names it' } };

@SubCommand({ ...name, name: 'pause', description: 'Stop a projection where it is.' })
export class PauseProjectionCommand extends ProjectionActCommand {
  protected readonly examples = [`acci projections pause shop.order-list --reason 'Moving its tables'`];

  protected act(projections: Projections, ...act: Act): Promise<void> {
    return projections.pause(...act);
  }
}

@SubCommand({ ...name, name: 'resume', description: 'Let what is paused go on.' })
export class ResumeProjectionCommand extends ProjectionActCommand {
  protected readonly examples = [`acci projections resume shop.order-list --reason 'The tables are moved'`];

  protected act(projections: Projections, ...act: Act): Promise<void> {
    return projections.resume(...act);
  }
}

@SubCommand({
  ...name,
  name: 'retry',
  description: 'Let those for whom it has halted try their event again.',
})
export class RetryProjectionCommand extends ProjectionActCommand {
  protected readonly examples = [`acci projections retry shop.order-list --reason 'The handler is mended'`];

  protected act(projections: Projections, ...act: Act): Promise<void> {
    return projections.retry(...act);
  }
}

@SubCommand({
  ...name,
  name: 'skip',
  description: 'Let those for whom it has halted go on without that event.',
})
export class SkipProjectionCommand extends ProjectionActCommand {
  protected readonly examples = [
    `acci projections skip shop.order-list --reason 'A test order, see ticket 4711' --tenant acme`,
  ];

  protected act(projections: Projections, ...act: Act): Promise<void> {
    return projections.skip(...act);
  }
}

@SubCommand({
  ...name,
  name: 'abort',
  description: 'Give up the rebuild that is under way; what serves goes on.',
})
export class AbortProjectionCommand extends ReasonedCommand {
  protected readonly examples = [`acci projections abort shop.order-list --reason 'It takes too long today'`];

  protected async execute([projection = '']: readonly string[], options: ReasonedOptions): Promise<void> {
    const projections = await this.platform.get(Projections);
    await projections.abort(this.platform.context(options), projection, { reason: options.reason });
    if (options.json) return this.terminal.printJson(toProjection(await projections.get(projection)));
    this.terminal.say(`The rebuild of ${projection} is given up.`);
  }
}
