import {
  comparePositions,
  DomainError,
  EventStore,
  parsePosition,
  StreamNotFound,
  type Position,
  type RecordedEvent,
} from '@acci/event-store';
import { SubCommand } from 'nest-commander';
import { AcciCommand, type CommonOptions } from '../acci-command.js';
import { printable } from '../console/terminal.js';
import { UsageError } from '../exit-codes.js';
import { flag, Takes, tenantOption } from '../options.js';
import { eventJson, eventLine } from './event-text.js';

/** No event stands at a position, or it is not settled yet. */
export class EventNotFound extends DomainError {
  readonly code = 'cli.event.not_found';
  readonly kind = 'not_found';

  constructor(position: string) {
    super(`There is no event at ${position}`);
  }
}

interface ShowOptions extends CommonOptions {
  readonly tenant?: string;
  readonly raw?: boolean;
}

const pageSize = 500;

@SubCommand({
  name: 'show',
  arguments: '<what> [streamId]',
  argsDescription: { what: 'a position as tail prints it, or the type of a stream' },
  description: 'Show one event, or all of a stream, with their data. Personal fields are shown readable.',
})
@Takes(tenantOption('whose stream it is'), flag('--raw', 'as they are stored, personal fields encrypted'))
export class ShowEventsCommand extends AcciCommand<ShowOptions> {
  protected readonly examples = [
    'acci events show 1.7421.98',
    'acci events show shop.order 019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f --tenant acme',
    'acci events show tenancy.tenant 019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f --tenant platform --json',
  ];

  protected async execute([what = '', streamId]: readonly string[], options: ShowOptions): Promise<void> {
    if (streamId !== undefined) return this.showStream(what, streamId, options);
    const position = parsePosition(what);
    if (!position) throw new UsageError(`${what} is no position; of a stream, give type and id`);
    const events = await this.eventsAt(position, options);
    if (events.length === 0) throw new EventNotFound(what);
    await this.show(events, options);
  }

  /** Several, where an event of old is read as several. */
  private async eventsAt(at: Position, { raw }: ShowOptions): Promise<RecordedEvent[]> {
    const store = await this.platform.get(EventStore);
    const before = { ...at, position: at.position - 1n };
    const found = await store.readAll(before, 1, raw ? { raw } : {});
    return found.filter(({ position }) => comparePositions(position, at) === 0);
  }

  private async showStream(type: string, id: string, options: ShowOptions): Promise<void> {
    if (options.tenant === undefined) throw new UsageError('A stream is named together with its --tenant');
    const ctx = this.platform.context({}, await this.tenants.idOf(options.tenant));
    const store = await this.platform.get(EventStore);
    for (let fromVersion = 1; ;) {
      const { raw } = options;
      const events = await store.readStream(ctx, type, id, {
        fromVersion,
        limit: pageSize,
        ...(raw && { raw }),
      });
      if (events.length === 0 && fromVersion === 1) throw new StreamNotFound(type, id);
      await this.show(events, options);
      if (events.length < pageSize) return;
      fromVersion = (events.at(-1)?.version ?? 0) + 1;
    }
  }

  private async show(events: readonly RecordedEvent[], { json }: ShowOptions): Promise<void> {
    for (const event of events) {
      if (json) await this.terminal.print(eventJson(event));
      else {
        const { data, metadata, id, streamType, schemaVersion } = event;
        const whole = { id, streamType, schemaVersion, metadata, data };
        const lines = JSON.stringify(whole, undefined, 2).split('\n').map(printable);
        await this.terminal.print(`${eventLine(event)}\n${lines.join('\n')}`);
      }
    }
  }
}
