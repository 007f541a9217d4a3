import type { Position, ReplaySelection } from '@acci/event-store';
import { UsageError } from '../exit-codes.js';
import { tenantOption, type TakenOption } from '../options.js';
import { positionOf, typesOf } from './event-text.js';

/** What commands that go through the log are told of which events they are to take. */
export interface SelectionOptions {
  readonly tenant?: string;
  readonly types?: string[];
  readonly from?: Position;
}

export const ofTenant = tenantOption('only of this tenant');

export const ofTypes: TakenOption = {
  flags: '--types <types>',
  description: 'only of these types, separated by commas',
  parse: typesOf,
};

export const ofStream: TakenOption = {
  flags: '--stream <type/id>',
  description: 'only one stream of the tenant',
  parse: streamOf,
};

export const afterPosition: TakenOption = {
  flags: '--from <position>',
  description: 'only what is after this position',
  parse: positionOf,
};

export const upToPosition: TakenOption = {
  flags: '--to <position>',
  description: 'only up to this position',
  parse: positionOf,
};

/** @throws {UsageError} for text that names no stream. */
function streamOf(text: string): ReplaySelection['stream'] {
  const [, type, id] = /^([^/]+)\/(.+)$/.exec(text) ?? [];
  if (type === undefined || id === undefined) throw new UsageError(`--stream takes type/id, not ${text}`);
  return { type, id };
}
