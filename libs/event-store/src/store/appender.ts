import { tracingChannel } from 'node:diagnostics_channel';
import { appendTogether } from '../command/append-together.js';
import type { EventLimits } from '../event/event-encoder.js';
import type { EventRegistry } from '../event/event-registry.js';
import { namingSubject } from '../personal-data/keep-personal-data.js';
import type { PersonalDataCipher } from '../personal-data/personal-data-cipher.js';
import type { Position } from '../position.js';
import { prepareCondition, type PreparedCondition } from '../tag/condition.js';
import type { AppendCondition } from '../tag/event-query.js';
import { append, type AppendTools } from './append.js';
import { prepareAppend, type AppendRequest, type PreparedAppend } from './prepare-append.js';

const channel = tracingChannel('acci:append');

/** Brings events into the log: the plain ones by the shortest way, the others by the one that can do everything. */
export class Appender {
  constructor(
    private readonly tools: AppendTools,
    private readonly registry: EventRegistry,
    private readonly limits: EventLimits,
    private readonly cipher: PersonalDataCipher,
  ) {}

  /** @returns the position of the last event. */
  append(request: AppendRequest, unless?: AppendCondition): Promise<Position> {
    return traced([request], async () => {
      const prepared = prepareAppend(request, this.limits, this.cipher);
      const ready = prepared instanceof Promise ? await prepared : prepared;
      if (unless || isTagged(ready)) return (await this.send([ready], unless))[0] as Position;
      return append(this.tools, namingSubject(ready));
    });
  }

  /**
   * @param requests of one context, each for another stream; one at least.
   * @returns the position of the last event of each.
   */
  appendAll(requests: readonly AppendRequest[], unless?: AppendCondition): Promise<Position[]> {
    return traced(requests, async () => {
      const prepared = requests.map(async (request) => prepareAppend(request, this.limits, this.cipher));
      return this.send(await Promise.all(prepared), unless);
    });
  }

  private send(appends: readonly PreparedAppend[], unless: AppendCondition | undefined): Promise<Position[]> {
    const condition: PreparedCondition | undefined =
      unless && prepareCondition(unless, (types) => this.registry.sourcesOf(types));
    return appendTogether(this.tools, appends, condition);
  }
}

function isTagged({ events }: PreparedAppend): boolean {
  return events.some(({ tags }) => tags.length > 0);
}

function traced<T>(requests: readonly AppendRequest[], run: () => Promise<T>): Promise<T> {
  if (!channel.hasSubscribers) return run();
  const types = [...new Set(requests.map(({ stream }) => stream.streamType))].join(' ');
  const attributes = {
    'acci.tenant': requests[0]?.ctx.tenantId,
    'acci.stream_type': types,
    'acci.events': requests.reduce((count, { events }) => count + events.length, 0),
  };
  return channel.tracePromise(run, { name: `append ${types}`, attributes });
}
