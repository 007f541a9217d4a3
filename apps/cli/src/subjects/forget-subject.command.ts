import { formatPosition, PersonalData, type ForgetReceipt } from '@acci/event-store';
import { SubCommand } from 'nest-commander';
import { ActCommand, type ActOptions } from '../acci-command.js';
import { ExitCode, UsageError } from '../exit-codes.js';
import { flag, Takes, tenantOption } from '../options.js';

interface ForgetOptions extends ActOptions {
  readonly tenant: string;
  readonly yes?: boolean;
}

@SubCommand({
  name: 'forget',
  arguments: '<subject>',
  argsDescription: { subject: 'the id that the person has in events' },
  description: 'Destroy the key of a person’s data, and print the receipt. There is no way back.',
})
@Takes(tenantOption('whose person it is', { required: true }), flag('--yes', 'do not ask'))
export class ForgetSubjectCommand extends ActCommand<ForgetOptions> {
  protected readonly examples = [
    'acci subjects forget 019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f --tenant acme',
    'acci subjects forget customer-42 --tenant acme --yes --json   # in a script',
  ];

  protected async execute([subject = '']: readonly string[], options: ForgetOptions): Promise<ExitCode> {
    const tenantId = await this.tenants.idOf(options.tenant);
    const personalData = await this.platform.get(PersonalData);
    if (!options.yes) {
      if (!this.terminal.io.stdin.isTTY) throw new UsageError('Nobody can be asked here: add --yes');
      if (!(await this.terminal.confirm(`Forget ${subject} for ever?`))) return ExitCode.interrupted;
    }
    const receipt = await personalData.forget(this.platform.context(options, tenantId), subject);
    await (options.json ? this.terminal.printJson(receiptJson(receipt)) : this.terminal.print(receipt.id));
    return ExitCode.done;
  }
}

/** A receipt as JSON holds it. */
export function receiptJson(receipt: ForgetReceipt): object {
  const { position, events, forgottenAt } = receipt;
  return {
    ...receipt,
    forgottenAt: forgottenAt.toISOString(),
    position: formatPosition(position),
    events: events.map(formatPosition),
  };
}
