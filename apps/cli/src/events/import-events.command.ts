import { formatPosition } from '@acci/event-store';
import { ImportTenantEvents } from '@acci/tenancy';
import { CommandBus } from '@nestjs/cqrs';
import { SubCommand } from 'nest-commander';
import { ActCommand, type ActOptions } from '../acci-command.js';
import { openInput } from '../console/input.js';
import { Takes, tenantOption } from '../options.js';

interface ImportOptions extends ActOptions {
  readonly tenant: string;
}

@SubCommand({
  name: 'import',
  arguments: '<file>',
  argsDescription: { file: 'an export, or - for stdin' },
  description: 'Import an export into a tenant that has no events yet: all of it, or nothing.',
})
@Takes(tenantOption('whose they become', { required: true }))
export class ImportEventsCommand extends ActCommand<ImportOptions> {
  protected readonly examples = [
    'acci events import acme.ndjson --tenant acme',
    'gpg -d acme.ndjson.gpg | acci events import - --tenant acme --json',
  ];

  protected async execute([file = '']: readonly string[], options: ImportOptions): Promise<void> {
    const tenantId = await this.tenants.idOf(options.tenant);
    const input = await openInput(file, this.terminal.io.stdin);
    const commands = await this.platform.get(CommandBus);
    const ctx = this.platform.context(options);
    const reading = { title: 'Verifying', unit: 'bytes', total: input.bytes };
    const { position, ...receipt } = await this.terminal.progress(reading, (bar) => {
      const bytes = following(input.stream, () => bar.update(input.read()));
      const onWritten = (events: number, total: number) => {
        bar.stage('Writing', 'events');
        bar.update(events, total);
      };
      return commands.execute(new ImportTenantEvents(ctx, tenantId, bytes, { onWritten }));
    });
    const place = position ? formatPosition(position) : null;
    if (options.json) return this.terminal.printJson({ ...receipt, position: place });
    this.terminal.say(
      `${receipt.events} events of ${receipt.streams} streams, the last one at ${place ?? 'no place'}`,
    );
  }
}

async function* following(source: AsyncIterable<Uint8Array>, onRead: () => void): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    yield bytes;
    onRead();
  }
}
