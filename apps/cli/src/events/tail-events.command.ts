import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '@acci/database';
import {
  comparePositions,
  EventRegistry,
  EventStore,
  type LogFilter,
  type Position,
} from '@acci/event-store';
import { Option, SubCommand } from 'nest-commander';
import { AcciCommand, type CommonOptions } from '../acci-command.js';
import { UsageError } from '../exit-codes.js';
import { TenantLookup } from '../tenants/tenant-lookup.js';
import { eventJson, eventLine, positionOf, typesOf } from './event-text.js';
import { placeBeforeLast } from './last-events.js';

interface TailOptions extends CommonOptions {
  readonly tenant?: string;
  readonly types?: string[];
  readonly lines: number;
  readonly from?: Position;
  readonly raw?: boolean;
  /** False after `--no-follow`. */
  readonly follow: boolean;
}

const pageSize = 500;
const shortestPollMs = 50;
const longestPollMs = 500;

@SubCommand({
  name: 'tail',
  description:
    'Show the last events of the log, and then what happens, until Ctrl-C. Personal fields are shown readable.',
})
export class TailEventsCommand extends AcciCommand<TailOptions> {
  protected readonly examples = [
    'acci events tail',
    'acci events tail --tenant acme --types shop.order.placed,shop.order.shipped --json',
    'acci events tail --from 1.7421.98 --no-follow',
  ];

  constructor(private readonly tenants: TenantLookup) {
    super();
  }

  @Option({ flags: '--tenant <tenant>', description: 'only of this tenant: id, slug or platform' })
  tenant(tenant: string): string {
    return tenant;
  }

  @Option({ flags: '--types <types>', description: 'only of these types, separated by commas' })
  types(types: string): string[] {
    return typesOf(types);
  }

  @Option({ flags: '-n, --lines <count>', description: 'how many of the last ones', defaultValue: 10 })
  lines(text: string): number {
    if (!/^\d{1,6}$/.test(text)) throw new UsageError(`${text} is no number of lines`);
    return Number(text);
  }

  @Option({ flags: '--from <position>', description: 'instead: everything after this position' })
  from(text: string): Position {
    return positionOf(text);
  }

  @Option({ flags: '--raw', description: 'as they are stored, personal fields encrypted' })
  raw(): boolean {
    return true;
  }

  @Option({ flags: '--no-follow', description: 'end where the log ends' })
  follow(): boolean {
    return false;
  }

  protected async execute(_params: readonly string[], options: TailOptions): Promise<void> {
    const { types, raw, json, follow } = options;
    const tenantId = options.tenant === undefined ? undefined : await this.tenants.idOf(options.tenant);
    const store = await this.platform.get(EventStore);
    const filter: LogFilter = { ...(types && { types }), ...(tenantId && { tenantId }), ...(raw && { raw }) };
    const { signal } = this.terminal.io.interrupt;
    let after = options.from ?? (await this.placeBefore(options, tenantId));
    for (let pollMs = shortestPollMs; !signal.aborted;) {
      // Asked first: a filter that finds little must not look at the same events again and again.
      const head = await store.head();
      const events = await store.readAll(after, pageSize, filter);
      for (const event of events) await this.terminal.print(json ? eventJson(event) : eventLine(event));
      const more = events.length >= pageSize;
      after = latest([after, events.at(-1)?.position, more ? undefined : head]);
      if (more) continue;
      if (!follow) return;
      pollMs = events.length > 0 ? shortestPollMs : Math.min(pollMs * 2, longestPollMs);
      // Ctrl-C is how this ends.
      await sleep(pollMs, undefined, { signal }).catch(() => {});
    }
  }

  private async placeBefore(
    { lines, types, raw }: TailOptions,
    tenantId: string | undefined,
  ): Promise<Position | undefined> {
    const stored = types && !raw ? (await this.platform.get(EventRegistry)).sourcesOf(types) : types;
    return placeBeforeLast(await this.platform.get(Database), lines, stored, tenantId);
  }
}

function latest(positions: readonly (Position | undefined)[]): Position | undefined {
  return positions
    .filter((position) => position !== undefined)
    .toSorted(comparePositions)
    .at(-1);
}
