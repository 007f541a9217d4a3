import type { LiveStream } from '@acci/rest';
import type { EventTypeDescription } from '../event/describe-events.js';
import type { EventRegistry } from '../event/event-registry.js';
import { EventResponse } from './events.schemas.js';
import { schemasOf, type Json } from './json-schemas.js';
import { knownEvents, mayHold } from './known-events.js';
import { liveChannels } from './live-channels.js';

/** What an AsyncAPI document says beside the events. */
export interface AsyncApiOptions {
  readonly title: string;
  readonly description: string;
  /** The release of the implementation, e.g. `1.4.0`. */
  readonly release: string;
  readonly contact: { readonly name: string; readonly url: string; readonly email: string };
  readonly license: { readonly name: string; readonly url: string };
  /** Where the API is served, such as `https://api.example.com`. */
  readonly servers?: readonly { readonly url: string; readonly description: string }[];
}

/**
 * The AsyncAPI 3 document of all events that a program knows: a channel for the feed, one for the streams of each
 * type, one for each live stream, and a message for each version of each event.
 *
 * @param liveStreams as `liveStreamsOf` of `@acci/rest` finds them.
 * @example
 * const document = asyncApiDocument(registry, { title: 'Shop', description: 'Orders.', release: '1.4.0', contact, license });
 */
export function asyncApiDocument(
  registry: EventRegistry,
  options: AsyncApiOptions,
  liveStreams: readonly LiveStream[] = [],
): Json {
  const { title, description, release, contact, license, servers = [] } = options;
  const known = knownEvents(registry);
  const schemas: Json = schemasOf(EventResponse, 'Event');
  for (const { definition, description: event } of known) {
    Object.assign(schemas, schemasOf(definition.schema, nameOf(event), personalOf(event)));
  }
  const events = known.map((event) => event.description);
  const messages = Object.fromEntries(events.map((event) => [nameOf(event), messageOf(event)]));
  const current = events.filter((event) => event.current);
  const feed = channel('/v1/events', 'All events of the caller’s tenant, in their order.', current);
  const live = liveChannels(liveStreams, events.map(nameOf));
  const streamTypes = [...new Set(registry.describe().map(({ streamType }) => streamType))].toSorted();
  const streams = streamTypes.map((type): [string, Json] => {
    const own = events.filter((event) => mayHold(type, event));
    const stream = channel(`/v1/event-streams/${type}/{streamId}`, `The events of one ${type}.`, own);
    return [type, { ...stream, parameters: { streamId: { description: 'The id of the stream.' } } }];
  });
  return {
    asyncapi: '3.0.0',
    info: { title, description, version: release, contact, license },
    defaultContentType: 'application/json',
    ...(servers.length > 0 && { servers: Object.fromEntries(servers.map(serverOf)) }),
    channels: { events: feed, ...Object.fromEntries(streams), ...live.channels },
    operations: {
      readEvents: operation('events', 'A client polls with the cursor `resume` of the page before.'),
      ...Object.fromEntries(
        streams.map(([type]) => [`readStream.${type}`, operation(type, 'A client reads a stream.')]),
      ),
      ...live.operations,
    },
    components: { schemas: { ...schemas, ...live.schemas }, messages: { ...messages, ...live.messages } },
  };
}

function personalOf({ personal }: EventTypeDescription): Json {
  return personal.length > 0 ? { 'x-personal': personal } : {};
}

function serverOf({ url, description }: { url: string; description: string }, index: number): [string, Json] {
  const { host, pathname, protocol } = new URL(url);
  const path = pathname === '/' ? {} : { pathname };
  return [`server${index + 1}`, { host, ...path, protocol: protocol.slice(0, -1), description }];
}

function channel(address: string, description: string, events: readonly EventTypeDescription[]): Json {
  const names = events.map(nameOf);
  const messages = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
  return { address, description, messages };
}

/** Seen from the server, which sends what its clients ask for. */
function operation(channelName: string, summary: string): Json {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${channelName}` },
    summary,
    bindings: { http: { method: 'GET', bindingVersion: '0.3.0' } },
  };
}

function messageOf(event: EventTypeDescription): Json {
  const { type, version, current, upcastsTo } = event;
  const readAs = upcastsTo.map(nameOf).join(', ') || 'nothing';
  return {
    name: nameOf(event),
    title: `${type}, version ${version}`,
    summary: current ? 'Recorded today.' : `Recorded in the past; read as ${readAs} unless asked for raw.`,
    contentType: 'application/json',
    payload: {
      allOf: [
        { $ref: '#/components/schemas/Event' },
        {
          type: 'object',
          properties: {
            type: { const: type },
            schemaVersion: { const: version },
            data: { $ref: `#/components/schemas/${nameOf(event)}` },
          },
        },
      ],
    },
  };
}

function nameOf({ type, version }: Pick<EventTypeDescription, 'type' | 'version'>): string {
  return `${type}.v${version}`;
}
