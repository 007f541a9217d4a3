import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '@acci/database';
import {
  comparePositions,
  EventRegistry,
  EventStore,
  type LogFilter,
  type Position,
} from '@acci/event-store';
import { SubCommand } from 'nest-commander';
import { AcciCommand, type CommonOptions } from '../acci-command.js';
import { UsageError } from '../exit-codes.js';
import { flag, Takes } from '../options.js';
import { afterPosition, ofTenant, ofTypes, type SelectionOptions } from './event-options.js';
import { eventJson, eventLine } from './event-text.js';
import { placeBeforeLast } from './last-events.js';

interface TailOptions extends CommonOptions, SelectionOptions {
  readonly lines: number;
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
@Takes(
  ofTenant,
  ofTypes,
  {
    flags: '-n, --lines <count>',
    description: 'how many of the last ones',
    defaultValue: 10,
    parse: linesOf,
  },
  afterPosition,
  flag('--raw', 'as they are stored, personal fields encrypted'),
  flag('--no-follow', 'end where the log ends'),
)
export class TailEventsCommand extends AcciCommand<TailOptions> {
  protected readonly examples = [
    'acci events tail',
    'acci events tail --tenant acme --types shop.order.placed,shop.order.shipped --json',
    'acci events tail --from 1.7421.98 --no-follow',
  ];

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

function linesOf(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`${text} is no number of lines`);
  return Number(text);
}

function latest(positions: readonly (Position | undefined)[]): Position | undefined {
  return positions
    .filter((position) => position !== undefined)
    .toSorted(comparePositions)
    .at(-1);
}
