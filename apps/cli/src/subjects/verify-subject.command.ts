import { PersonalData } from '@acci/event-store';
import { SubCommand } from 'nest-commander';
import { AcciCommand, type CommonOptions } from '../acci-command.js';
import { ExitCode } from '../exit-codes.js';
import { Takes, tenantOption } from '../options.js';
import { receiptJson } from './forget-subject.command.js';

interface VerifyOptions extends CommonOptions {
  readonly tenant: string;
}

@SubCommand({
  name: 'verify',
  arguments: '<receipt>',
  argsDescription: { receipt: 'the id that forget has printed' },
  description: 'Hold a receipt against what is really there; 1 if there is something left.',
})
@Takes(tenantOption('whose person it was', { required: true }))
export class VerifySubjectCommand extends AcciCommand<VerifyOptions> {
  protected readonly examples = ['acci subjects verify 019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f --tenant acme'];

  protected async execute([receiptId = '']: readonly string[], options: VerifyOptions): Promise<ExitCode> {
    const tenantId = await this.tenants.idOf(options.tenant);
    const personalData = await this.platform.get(PersonalData);
    const ctx = this.platform.context({}, tenantId);
    const { receipt, verified, problems } = await personalData.verify(ctx, receiptId);
    if (options.json) await this.terminal.printJson({ verified, problems, receipt: receiptJson(receipt) });
    else {
      for (const problem of problems) await this.terminal.print(problem);
      if (verified)
        this.terminal.say(
          `Nothing is left: ${receipt.events.length} events of ${receipt.subject} can be read by nobody.`,
        );
    }
    return verified ? ExitCode.done : ExitCode.failure;
  }
}
