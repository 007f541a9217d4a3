import { Reactions, type ReplayRange } from '@acci/projections';
import { SubCommand } from 'nest-commander';
import { ReasonedCommand, type ReasonedOptions } from '../acci-command.js';
import { afterPosition, ofStream, upToPosition } from '../events/event-options.js';
import { UsageError } from '../exit-codes.js';
import { flag, Takes, tenantOption } from '../options.js';

interface ReplayOptions extends ReasonedOptions, Omit<ReplayRange, 'reason'> {
  readonly tenant?: string;
  readonly allTenants?: boolean;
}

@SubCommand({
  name: 'replay',
  arguments: '<name>',
  argsDescription: { name: 'the subscription, as list names it' },
  description:
    'Have events that happened delivered to a subscription once more, under new ids, behind what still waits. The workers do it.',
})
@Takes(
  tenantOption('whose events'),
  flag('--all-tenants', 'those of every tenant'),
  ofStream,
  afterPosition,
  upToPosition,
)
export class ReplayReactionCommand extends ReasonedCommand<ReplayOptions> {
  protected readonly examples = [
    `acci reactions replay shop.order-webhook --tenant acme --from 1.7421.98 --reason 'The receiver lost a day'`,
    `acci reactions replay shop.order-webhook --tenant acme --stream shop.order/019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f --reason 'Ticket 4711'`,
    `acci reactions replay shop.order-webhook --all-tenants --reason 'A new receiver'`,
  ];

  protected async execute([name = '']: readonly string[], options: ReplayOptions): Promise<void> {
    const { from, to, stream, reason, allTenants, json } = options;
    if ((options.tenant === undefined) !== (allTenants ?? false))
      throw new UsageError('Name a --tenant, or say --all-tenants');
    if (stream && allTenants) throw new UsageError('A stream is named together with its --tenant');
    const tenantIds = await this.tenants.named(options);
    const reactions = await this.platform.get(Reactions);
    const replays: { tenantId: string; id: string }[] = [];
    const progress = { title: 'Asking', unit: 'tenants', total: tenantIds.length };
    await this.terminal.progress(progress, async (bar) => {
      for (const tenantId of tenantIds) {
        const ctx = this.platform.context(options, tenantId);
        const { id } = await reactions.replay(ctx, name, { from, to, stream, reason });
        replays.push({ tenantId, id });
        bar.update(replays.length);
      }
    });
    if (json) return this.terminal.printJson(replays);
    for (const { id } of replays) await this.terminal.print(id);
    this.terminal.say(`Workers of ${name} deliver again; acci reactions list shows what waits.`);
  }
}
