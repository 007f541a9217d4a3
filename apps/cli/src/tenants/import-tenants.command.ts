import { extname } from 'node:path';
import { ImportTenants, readImportLines, type ImportFormat, type ImportReportLine } from '@acci/tenancy';
import { CommandBus } from '@nestjs/cqrs';
import { SubCommand } from 'nest-commander';
import { ActCommand, type ActOptions } from '../acci-command.js';
import { openInput } from '../console/input.js';
import { ExitCode } from '../exit-codes.js';
import { choice, Takes } from '../options.js';

const formats = ['csv', 'ndjson'];

interface ImportOptions extends ActOptions {
  readonly format?: ImportFormat;
}

@SubCommand({
  name: 'import',
  arguments: '<file>',
  argsDescription: { file: 'CSV or NDJSON, or - for stdin' },
  description: 'Make many tenants, line by line; each is wholly done or refused. Up to 10,000.',
})
@Takes(choice('--format <format>', 'how the file is written (default: csv if it is called so)', formats))
export class ImportTenantsCommand extends ActCommand<ImportOptions> {
  protected readonly examples = [
    'acci tenants import tenants.csv',
    'acci tenants import - --format ndjson --json < tenants.ndjson > report.ndjson',
  ];

  protected async execute([file = '']: readonly string[], options: ImportOptions): Promise<ExitCode> {
    const format = options.format ?? (extname(file).toLowerCase() === '.csv' ? 'csv' : 'ndjson');
    const input = await openInput(file, this.terminal.io.stdin);
    const commands = await this.platform.get(CommandBus);
    const lines = readImportLines(input.stream, format);
    const report = await commands.execute(new ImportTenants(this.platform.context(options), lines));
    const progress = { title: 'Importing', unit: 'bytes', total: input.bytes };
    return this.terminal.progress(progress, async (bar) => {
      let last: ImportReportLine | undefined;
      for await (last of report) {
        bar.update(input.read());
        await this.tell(last, options.json);
      }
      if (last?.status !== 'finished') return ExitCode.failure;
      return last.refused > 0 ? ExitCode.refused : ExitCode.done;
    });
  }

  private async tell(line: ImportReportLine, json: boolean | undefined): Promise<void> {
    if (json) return this.terminal.print(JSON.stringify(line));
    if (line.status === 'created')
      return this.terminal.print(`line ${line.line}: ${line.slug} is ${line.id}`);
    if (line.status === 'refused') {
      const errors = line.errors?.map(({ pointer, message }) => `; ${pointer}: ${message}`) ?? [];
      return this.terminal.print(
        `line ${line.line}: refused: ${line.detail}${errors.join('')} (${line.code})`,
      );
    }
    const end = line.status === 'failed' ? ' It could not go on.' : '';
    this.terminal.say(`${line.created} made, ${line.refused} refused.${end}`);
  }
}
