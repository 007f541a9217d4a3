import type { LiveStream } from '@acci/rest';
import { z } from 'zod';
import { EventResponse } from './events.schemas.js';
import { schemasOf, type Json } from './json-schemas.js';

/** What live streams add to an AsyncAPI document. */
interface LiveChannels {
  readonly channels: Json;
  readonly operations: Json;
  readonly schemas: Json;
  readonly messages: Json;
}

const id = {
  type: 'string',
  description: 'What to come back with as `Last-Event-ID`: the stream goes on behind this message.',
};
const contentType = 'application/json';

/** Server-sent messages that are no item. */
const signals = {
  'stream.removed': {
    name: 'removed',
    title: 'An item is not in the list, or no longer',
    contentType,
    headers: { type: 'object', properties: { id, event: { type: 'string', const: 'removed' } } },
    payload: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
  },
  'stream.problem': {
    name: 'problem',
    title: 'Why the server ends the stream',
    contentType,
    headers: { type: 'object', properties: { event: { type: 'string', const: 'problem' } } },
    payload: {
      type: 'object',
      description: 'A problem as RFC 9457 has it.',
      properties: { status: { type: 'integer' }, code: { type: 'string' }, detail: { type: 'string' } },
      required: ['status', 'code'],
    },
  },
};

/**
 * A channel and an operation for each live stream: server-sent events over HTTP, one item in the `data` of each message.
 *
 * @param eventMessages the names of the messages of all events, for the streams of those.
 */
export function liveChannels(streams: readonly LiveStream[], eventMessages: readonly string[]): LiveChannels {
  const named = streams.map((stream) => {
    const name = `follow${stream.path
      .replaceAll('/', '.')
      .replace(/^\.v\d+/, '')
      .replaceAll(/[{}]/g, '')}`;
    return { ...stream, name, item: nameOf(stream) };
  });
  const items = named.filter(({ schema }) => schema !== EventResponse);
  return {
    channels: Object.fromEntries(named.map((each) => [each.name, channelOf(each, eventMessages)])),
    operations: Object.fromEntries(named.map((each) => [each.name, operationOf(each)])),
    schemas: Object.assign({}, ...items.map(({ schema, item }) => schemasOf(schema, item))) as Json,
    messages: streams.length > 0 ? { ...Object.fromEntries(items.map(messageOf)), ...signals } : {},
  };
}

interface NamedStream extends LiveStream {
  readonly name: string;
  readonly item: string;
}

function channelOf(
  { path, description, schema, key, item }: NamedStream,
  eventMessages: readonly string[],
): Json {
  const own = schema === EventResponse ? eventMessages : [item];
  // What is told of by its key can be told to be gone.
  const gone = schema !== EventResponse && schema instanceof z.ZodObject && key in schema.shape;
  const names = [...own, ...(gone ? ['stream.removed'] : []), 'stream.problem'];
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, {}]);
  return {
    address: path,
    title: `Server-sent events of ${path}`,
    description,
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) as Json }),
  };
}

function operationOf({ name }: NamedStream): Json {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${name}` },
    summary:
      'A client keeps the answer open (`Accept: text/event-stream`), and comes back with `Last-Event-ID`.',
    bindings: { http: { method: 'GET', bindingVersion: '0.3.0' } },
  };
}

function messageOf({ item }: NamedStream): [string, Json] {
  const payload = { $ref: `#/components/schemas/${item}` };
  const headers = { type: 'object', properties: { id } };
  return [item, { name: item, title: `${item}, as it is now`, contentType, headers, payload }];
}

function nameOf({ schema, path }: LiveStream): string {
  return schema.meta()?.id ?? path.replaceAll(/\W+/g, '_');
}
