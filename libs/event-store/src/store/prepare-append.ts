import { uuidv7 } from '@acci/database';
import type { Context } from '../context.js';
import { foldClaims, type ClaimChanges } from '../event/claim.js';
import {
  assertStorable,
  encodeData,
  isStorableText,
  type EncodedData,
  type EventLimits,
} from '../event/event-encoder.js';
import type { DomainEvent, EventDefinition } from '../event/event-definition.js';
import type { StreamEvents } from '../event/event-registry.js';
import type { EventMetadata, PendingEvent } from '../event/recorded-event.js';
import { InvalidStreamId } from '../event-store.errors.js';

/** What is appended, where. */
export interface AppendRequest {
  readonly ctx: Context;
  readonly stream: StreamEvents;
  readonly streamId: string;
  /** How many events the stream has; the append fails if it has more. */
  readonly expectedVersion: number;
  readonly events: readonly DomainEvent[];
}

/** An append that was checked and needs nothing but the database; it may be sent again when a transaction is retried. */
export interface PreparedAppend {
  readonly tenantId: string;
  readonly streamType: string;
  readonly streamId: string;
  readonly expectedVersion: number;
  readonly events: readonly PreparedEvent[];
  readonly claims: ClaimChanges;
  readonly metadata: EventMetadata;
  readonly recordedAt: Date;
}

interface PreparedEvent extends EncodedData {
  readonly id: string;
  readonly definition: EventDefinition;
}

const longestStreamId = 255;

/** True for what can name a stream. */
export function isStreamId(id: string): boolean {
  return id.length > 0 && id.length <= longestStreamId && isStorableText(id);
}

/**
 * Checks everything about an append that needs no database.
 *
 * @throws {InvalidStreamId} {@link UnknownEventType} {@link EventInvalid} {@link UnstorableData} {@link EventTooLarge}
 */
export function prepareAppend(request: AppendRequest, limits: EventLimits): PreparedAppend {
  const { ctx, stream, streamId, expectedVersion } = request;
  if (!isStreamId(streamId)) throw new InvalidStreamId();
  const metadata = metadataOf(ctx);
  assertStorable(metadata, 'The metadata', 1);
  const events = request.events.map((event) => {
    const definition = stream.definition(event.type, event.version);
    const { data, json } = encodeData(definition, event, limits);
    return { id: uuidv7(), definition, data, json };
  });
  const claims = foldClaims(
    events.map(({ definition, data }) => ({
      claims: definition.claims(data),
      releases: definition.releases(data),
    })),
  );
  const { tenantId } = ctx;
  const { streamType } = stream;
  return {
    tenantId,
    streamType,
    streamId,
    expectedVersion,
    events,
    claims,
    metadata,
    recordedAt: new Date(),
  };
}

/** The events of an append as its hooks get them. */
export function pendingEvents(prepared: PreparedAppend): PendingEvent[] {
  const { tenantId, streamType, streamId, expectedVersion, metadata, recordedAt } = prepared;
  return prepared.events.map(({ id, definition, data }, index) => ({
    tenantId,
    streamType,
    streamId,
    version: expectedVersion + index + 1,
    id,
    type: definition.type,
    schemaVersion: definition.version,
    data,
    metadata,
    recordedAt,
  }));
}

function metadataOf({ actor, correlationId, causationId, commandId }: Context): EventMetadata {
  return {
    actor,
    correlationId,
    ...(causationId !== undefined && { causationId }),
    ...(commandId !== undefined && { commandId }),
  };
}
