import { Projections, toProjection } from '@acci/projections';
import { SubCommand } from 'nest-commander';
import { ExitCode } from '../exit-codes.js';
import { Takes, tenantOption } from '../options.js';
import { AwaitedActCommand, type AwaitedOptions } from './awaited-act.js';
import { projection } from './projection-act.js';

@SubCommand({
  ...projection,
  name: 'switch-on',
  description:
    'Begin a projection for a tenant, from the first event on, and wait until it has caught up. Ctrl-C ends the waiting only.',
})
@Takes(tenantOption('for whom', { required: true }))
export class SwitchProjectionOnCommand extends AwaitedActCommand {
  protected readonly examples = [
    `acci projections switch-on shop.order-list --tenant acme --reason 'They have the plan for it'`,
  ];

  protected async execute([name = '']: readonly string[], options: AwaitedOptions): Promise<ExitCode> {
    const projections = await this.platform.get(Projections);
    const [ctx, , { tenantId = '', reason }] = await this.actOf(name, options);
    await projections.switchOn(ctx, name, tenantId, { reason });
    const code = options.wait
      ? await this.waitFor(`Filling ${name}`, options, await this.tenantIsThere(name, tenantId))
      : ExitCode.done;
    if (options.json) await this.terminal.printJson(toProjection(await projections.get(name)));
    else if (code === ExitCode.failure)
      this.terminal.say(`${name} has stopped on the way: acci projections show ${name} says why.`);
    else {
      const filling = options.wait && code === ExitCode.done ? '' : ', and being filled';
      this.terminal.say(`${name} is on for the tenant${filling}.`);
    }
    return code;
  }
}
