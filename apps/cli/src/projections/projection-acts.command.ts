import type { Projections } from '@acci/projections';
import { SubCommand } from 'nest-commander';
import { Takes, tenantOption } from '../options.js';
import { onlyTenant, projection, ProjectionActCommand, type Act } from './projection-act.js';

@SubCommand({ ...projection, name: 'pause', description: 'Stop a projection where it is.' })
@Takes(onlyTenant)
export class PauseProjectionCommand extends ProjectionActCommand {
  protected readonly examples = [`acci projections pause shop.order-list --reason 'Moving its tables'`];

  protected act(projections: Projections, ...act: Act): Promise<void> {
    return projections.pause(...act);
  }
}

@SubCommand({ ...projection, name: 'resume', description: 'Let what is paused go on.' })
@Takes(onlyTenant)
export class ResumeProjectionCommand extends ProjectionActCommand {
  protected readonly examples = [`acci projections resume shop.order-list --reason 'The tables are moved'`];

  protected act(projections: Projections, ...act: Act): Promise<void> {
    return projections.resume(...act);
  }
}

@SubCommand({
  ...projection,
  name: 'retry',
  description: 'Let those for whom it has halted try their event again.',
})
@Takes(onlyTenant)
export class RetryProjectionCommand extends ProjectionActCommand {
  protected readonly examples = [`acci projections retry shop.order-list --reason 'The handler is mended'`];

  protected act(projections: Projections, ...act: Act): Promise<void> {
    return projections.retry(...act);
  }
}

@SubCommand({
  ...projection,
  name: 'skip',
  description: 'Let those for whom it has halted go on without that event.',
})
@Takes(onlyTenant)
export class SkipProjectionCommand extends ProjectionActCommand {
  protected readonly examples = [
    `acci projections skip shop.order-list --reason 'A test order, see ticket 4711' --tenant acme`,
  ];

  protected act(projections: Projections, ...act: Act): Promise<void> {
    return projections.skip(...act);
  }
}

@SubCommand({
  ...projection,
  name: 'abort',
  description: 'Give up the rebuild that is under way; what serves goes on.',
})
export class AbortProjectionCommand extends ProjectionActCommand {
  protected readonly examples = [`acci projections abort shop.order-list --reason 'It takes too long today'`];

  protected act(projections: Projections, ...act: Act): Promise<void> {
    return projections.abort(...act);
  }

  protected override told(name: string): string {
    return `The rebuild of ${name} is given up.`;
  }
}

@SubCommand({
  ...projection,
  name: 'switch-off',
  description: 'End a projection for a tenant: its rows are deleted, and its events passed by.',
})
@Takes(tenantOption('for whom', { required: true }))
export class SwitchProjectionOffCommand extends ProjectionActCommand {
  protected readonly examples = [
    `acci projections switch-off shop.order-list --tenant acme --reason 'Not in their plan any more'`,
  ];

  protected act(projections: Projections, ctx: Act[0], name: string, options: Act[2]): Promise<void> {
    return projections.switchOff(ctx, name, options.tenantId ?? '', options);
  }

  protected override told(name: string): string {
    return `${name} is off for the tenant.`;
  }
}
