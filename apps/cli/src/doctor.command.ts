import { migrations } from '@acci/api';
import { diagnose, formatVerdicts, type DoctorCheck } from '@acci/database';
import { Command } from 'nest-commander';
import { AcciCommand, type CommonOptions } from './acci-command.js';
import { ExitCode } from './exit-codes.js';
import { words } from './words.js';

/** The event log belongs to the cluster it is in; a copy must be adopted before it may be appended to. */
const epoch: DoctorCheck = {
  name: 'events.epoch',
  run: async ({ system }) => {
    const [log] = await system(`select to_regclass('acci.event_epochs') is not null as exists`);
    if (!log?.['exists']) return { verdict: 'ok', detail: 'there is no event log' };
    const [here] = await system(
      `select case when system_identifier = (pg_control_system()).system_identifier then acci.current_epoch() end as epoch
        from acci.event_epochs order by epoch desc limit 1`,
    );
    const found = here?.['epoch'];
    return typeof found === 'number'
      ? { verdict: 'ok', detail: `epoch ${found}` }
      : { verdict: 'failure', detail: 'the log comes from another cluster: start the app once to adopt it' };
  },
};

@Command(words.doctor)
export class DoctorCommand extends AcciCommand {
  protected readonly examples = ['acci doctor', `acci doctor --json | jq '.[] | select(.verdict != "ok")'`];

  protected async execute(_params: readonly string[], { json }: CommonOptions): Promise<ExitCode> {
    const { urls } = await this.platform.database();
    const pool = { statementTimeoutMs: this.platform.config.DATABASE_STATEMENT_TIMEOUT_MS };
    const verdicts = await diagnose({ urls, migrations, pool, extra: [epoch] });
    await (json ? this.terminal.printJson(verdicts) : this.terminal.print(formatVerdicts(verdicts)));
    return verdicts.some(({ verdict }) => verdict === 'failure') ? ExitCode.failure : ExitCode.done;
  }
}
