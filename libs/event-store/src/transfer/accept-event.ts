import { assertStorable, encodeData, type EventLimits } from '../event/event-encoder.js';
import type { EventDefinition } from '../event/event-definition.js';
import type { EventRegistry } from '../event/event-registry.js';
import { InvalidStreamId, UnknownEventType } from '../event-store.errors.js';
import { isStreamId } from '../store/prepare-append.js';
import { StreamArchivedEvent } from '../stream/archived.js';
import type { EventLine } from './transfer-lines.js';

/** What the framework itself records, in streams of any type. */
const frameworkEvents: readonly EventDefinition[] = [StreamArchivedEvent];

/**
 * Checks an event that comes from outside as an append would, except that it may be of an outdated version: it was
 * recorded when that was the current one.
 *
 * @returns its data, as it shall be stored.
 * @throws {UnknownEventType} {@link UnknownEventVersion} {@link InvalidStreamId}
 * @throws {EventInvalid} {@link UnstorableData} {@link EventTooLarge}
 */
export function acceptEvent(registry: EventRegistry, event: EventLine, limits: EventLimits): unknown {
  const { streamId, type, schemaVersion: version, data, metadata } = event;
  const definition = definitionOf(registry, event);
  if (!isStreamId(streamId)) throw new InvalidStreamId();
  assertStorable(metadata, 'The metadata', limits.maxEventDepth);
  return encodeData(definition, { type, version, data }, limits).data;
}

/**
 * The definition of an event as it was stored.
 *
 * @throws {UnknownEventType} {@link UnknownEventVersion}
 */
export function definitionOf(
  registry: EventRegistry,
  { streamType, type, schemaVersion }: Pick<EventLine, 'streamType' | 'type' | 'schemaVersion'>,
): EventDefinition {
  const framework = frameworkEvents.find((known) => known.type === type && known.version === schemaVersion);
  if (framework) return framework;
  const known = registry.stream(streamType)?.known(type, schemaVersion);
  if (!known) throw new UnknownEventType(streamType, type);
  return known.definition;
}
