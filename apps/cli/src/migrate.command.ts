import { afterMigrate, migrations } from '@acci/api';
import { migrate } from '@acci/database';
import { Command } from 'nest-commander';
import { AcciCommand, type CommonOptions } from './acci-command.js';
import { ExitCode } from './exit-codes.js';
import { flag, Takes } from './options.js';
import { words } from './words.js';

interface MigrateOptions extends CommonOptions {
  readonly check?: boolean;
}

@Command(words.migrate)
@Takes(flag('--check', 'only say what would run'))
export class MigrateCommand extends AcciCommand<MigrateOptions> {
  protected readonly examples = [
    'acci migrate',
    'acci migrate --check   # changes nothing; 4 if there is something to do',
  ];

  protected async execute(_params: readonly string[], { check, json }: MigrateOptions): Promise<ExitCode> {
    if (check) {
      const pending = await this.platform.pendingMigrations();
      await this.tell(pending, { json, all: 'Nothing to do.' });
      return pending.length > 0 ? ExitCode.refused : ExitCode.done;
    }
    const { urls } = await this.platform.database({ create: true });
    const ran = await this.terminal.progress({ title: 'Migrating', unit: 'migrations' }, (bar) =>
      migrate({
        ownerUrl: urls.owner,
        migrations,
        afterMigrate,
        onProgress: (done, total) => bar.update(done, total),
      }),
    );
    await this.tell(ran, { json, all: 'The database is up to date.' });
    return ExitCode.done;
  }

  private async tell(
    names: readonly string[],
    { json, all }: { readonly json: boolean | undefined; readonly all: string },
  ): Promise<void> {
    if (json) return this.terminal.printJson(names);
    for (const name of names) await this.terminal.print(name);
    if (names.length === 0) this.terminal.say(all);
  }
}
