import { promises as fs } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Database, prepared } from '@acci/database';
import { ExportTenant } from '@acci/tenancy';
import { QueryBus } from '@nestjs/cqrs';
import { SubCommand } from 'nest-commander';
import { AcciCommand, type CommonOptions } from '../acci-command.js';
import { ExitCode, UsageError } from '../exit-codes.js';
import type { Out } from '../io.js';
import { flag, Takes, tenantOption } from '../options.js';

interface ExportOptions extends CommonOptions {
  readonly tenant: string;
  readonly output?: string;
  readonly includePersonalData?: boolean;
}

const countEvents = prepared('select count(*)::int as count from acci.event_log where tenant_id = $1::uuid');

@SubCommand({
  name: 'export',
  description:
    'Write all events of a tenant as NDJSON that import takes. Persons are left out, unless asked for.',
})
@Takes(
  tenantOption('whose events', { required: true }),
  { flags: '--output <file>', description: 'a new file, readable by you alone (default: stdout)' },
  flag(
    '--include-personal-data',
    'take personal fields along, readable; else they leave as if everybody had been forgotten',
  ),
)
export class ExportEventsCommand extends AcciCommand<ExportOptions> {
  protected readonly examples = [
    'acci events export --tenant acme --output acme.ndjson',
    'acci events export --tenant acme --include-personal-data | gpg -e -r ops@example.com > acme.ndjson.gpg',
  ];

  protected async execute(_params: readonly string[], options: ExportOptions): Promise<ExitCode> {
    const { output, includePersonalData = false } = options;
    const tenantId = await this.tenants.idOf(options.tenant);
    const queries = await this.platform.get(QueryBus);
    const ctx = this.platform.context({});
    const lines = await queries.execute(new ExportTenant(ctx, tenantId, { includePersonalData }));
    const total = await this.count(tenantId);
    const target = await openTarget(output, this.terminal.io.stdout);
    const written = await this.write(lines, target, total);
    await target.close(written !== undefined);
    if (written === undefined) return ExitCode.interrupted;
    this.terminal.say(`${written} events${output === undefined ? '' : ` in ${output}`}`);
    return ExitCode.done;
  }

  /** @returns how many events there were; undefined after Ctrl-C. */
  private write(
    pages: AsyncIterable<string>,
    { out }: Target,
    total: number | undefined,
  ): Promise<number | undefined> {
    const { signal } = this.terminal.io.interrupt;
    return this.terminal.progress({ title: 'Exporting', unit: 'events', total: total ?? 0 }, async (bar) => {
      let events = 0;
      for await (const page of pages) {
        if (signal.aborted) return undefined;
        if (!out.write(page)) await drained(out);
        events += page.split('{"kind":"event"').length - 1;
        bar.update(events);
      }
      return events;
    });
  }

  private async count(tenantId: string): Promise<number | undefined> {
    const database = await this.platform.get(Database);
    const [row] = await database.queryInTenant<{ count: number }>(tenantId, countEvents, [tenantId]);
    return row?.count;
  }
}

/** Where an export goes. */
interface Target {
  readonly out: Out;
  close(whole: boolean): Promise<void>;
}

async function openTarget(path: string | undefined, stdout: Out): Promise<Target> {
  if (path === undefined) return { out: stdout, close: async () => {} };
  // It may hold personal data, and there may be something of the name that nobody wants to lose.
  const file = await fs.open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `${path} cannot be made: ${error.code === 'EEXIST' ? 'it is there' : error.message}`,
    );
  });
  const out = file.createWriteStream();
  return {
    out,
    close: async (whole) => {
      out.end();
      await finished(out);
      if (!whole) await fs.rm(path);
    },
  };
}

function drained(out: Out): Promise<void> {
  return new Promise((resolve, reject) => {
    out.once('drain', resolve).once('error', reject);
  });
}
