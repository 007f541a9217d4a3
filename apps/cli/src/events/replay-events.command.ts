import { promises as fs } from 'node:fs';
import { Database, prepared } from '@acci/database';
import { EventStore, formatPosition, type Position, type ReplaySelection } from '@acci/event-store';
import { SubCommand } from 'nest-commander';
import { AcciCommand, type CommonOptions } from '../acci-command.js';
import { ExitCode, UsageError } from '../exit-codes.js';
import { Takes } from '../options.js';
import {
  afterPosition,
  ofStream,
  ofTenant,
  ofTypes,
  upToPosition,
  type SelectionOptions,
} from './event-options.js';
import { eventJson, positionOf, positiveNumber } from './event-text.js';

interface ReplayOptions extends CommonOptions, SelectionOptions {
  readonly stream?: ReplaySelection['stream'];
  readonly to?: Position;
  readonly rate?: number;
  readonly bookmark?: string;
}

const countEvents = prepared(`
  select count(*)::int as count
    from acci.event_log
   where ($1::uuid is null or tenant_id = $1::uuid)
     and ($2::text is null or stream_id = $2::text)
     and ($3::int is null or (epoch, transaction, position) > ($3::int, $4::xid8, $5::bigint))
     and ($6::int is null or (epoch, transaction, position) <= ($6::int, $7::xid8, $8::bigint))`);

@SubCommand({
  name: 'replay',
  description:
    'Print events that happened once more, a JSON document a line, for another program to handle. It ends where the log ended when it began.',
})
@Takes(
  ofTenant,
  ofTypes,
  ofStream,
  afterPosition,
  upToPosition,
  { flags: '--rate <events>', description: 'so many a second at most', parse: positiveNumber },
  {
    flags: '--bookmark <file>',
    description: 'write down here how far it is, and go on from there the next time',
  },
)
export class ReplayEventsCommand extends AcciCommand<ReplayOptions> {
  protected readonly examples = [
    'acci events replay --types shop.order.shipped | ./tell-the-carrier',
    'acci events replay --tenant acme --rate 50 --bookmark carrier.position | ./tell-the-carrier',
    'acci events replay --tenant acme --stream shop.order/019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f',
  ];

  protected async execute(_params: readonly string[], options: ReplayOptions): Promise<ExitCode> {
    const { types, stream, to, rate, bookmark } = options;
    if (stream && options.tenant === undefined)
      throw new UsageError('A stream is named together with its --tenant');
    const tenantId = options.tenant === undefined ? undefined : await this.tenants.idOf(options.tenant);
    const from = (bookmark === undefined ? undefined : await readBookmark(bookmark)) ?? options.from;
    const store = await this.platform.get(EventStore);
    const selection = {
      ...(tenantId && { tenantId }),
      ...(types && { types }),
      ...(stream && { stream }),
      from,
      to,
    };
    const { signal } = this.terminal.io.interrupt;
    const total = await this.count(selection);
    const { events, done, position } = await this.terminal.progress(
      { title: 'Replaying', unit: 'events', total },
      (bar) =>
        store.replay(
          selection,
          async (batch) => {
            for (const event of batch) await this.terminal.print(eventJson(event));
          },
          {
            signal,
            ...(rate !== undefined && { eventsPerSecond: rate }),
            onProgress: async (progress) => {
              bar.update(progress.events);
              if (bookmark !== undefined) await writeBookmark(bookmark, progress.position);
            },
          },
        ),
    );
    if (bookmark !== undefined) await writeBookmark(bookmark, position);
    this.terminal.say(`${events} events${position ? `; go on with --from ${formatPosition(position)}` : ''}`);
    return done ? ExitCode.done : ExitCode.interrupted;
  }

  /** For the progress alone. Types are upcast, so nobody knows how many of them there will be: then none is told. */
  private async count({ tenantId, types, stream, from, to }: ReplaySelection): Promise<number | undefined> {
    if (types || !this.terminal.io.stderr.isTTY) return undefined;
    const place = (at: Position | undefined) => [at?.epoch, at?.transaction, at?.position];
    const values = [tenantId, stream?.id, ...place(from), ...place(to)].map((value) => value ?? null);
    const database = await this.platform.get(Database);
    const [row] = await database.queryAsSystem<{ count: number }>('count events', countEvents, values);
    return row?.count;
  }
}

async function readBookmark(file: string): Promise<Position | undefined> {
  const text = await fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : positionOf(text.trim());
}

/** In one step: whatever kills us, the file is there and whole. */
async function writeBookmark(file: string, position: Position | undefined): Promise<void> {
  if (!position) return;
  await fs.writeFile(`${file}.new`, `${formatPosition(position)}\n`);
  await fs.rename(`${file}.new`, file);
}
