import { SuspendTenant } from '@acci/tenancy';
import { CommandBus } from '@nestjs/cqrs';
import { SubCommand } from 'nest-commander';
import { ReasonedCommand, type ReasonedOptions } from '../acci-command.js';

@SubCommand({
  name: 'suspend',
  arguments: '<tenant>',
  argsDescription: { tenant: 'id or slug' },
  description: 'Refuse a tenant’s requests from now on.',
})
export class SuspendTenantCommand extends ReasonedCommand {
  protected readonly examples = [`acci tenants suspend acme --reason 'Invoice 2026-014 is unpaid'`];

  protected async execute([tenant = '']: readonly string[], options: ReasonedOptions): Promise<void> {
    const id = await this.tenants.idOf(tenant);
    const commands = await this.platform.get(CommandBus);
    const { version } = await commands.execute(
      new SuspendTenant(this.platform.context(options), { id, reason: options.reason }),
    );
    if (options.json) return this.terminal.printJson({ id, version });
    this.terminal.say(`Tenant ${id} is suspended.`);
  }
}
