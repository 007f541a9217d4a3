import { assertTenantId, uuidv7 } from '@acci/database';
import type { Context } from '../context.js';
import { foldClaims, type ClaimChanges } from '../event/claim.js';
import { assertStorable, encodeData, type EncodedData, type EventLimits } from '../event/event-encoder.js';
import type { DomainEvent, EventDefinition } from '../event/event-definition.js';
import type { StreamEvents } from '../event/stream-events.js';
import type { EventMetadata, PendingEvent } from '../event/recorded-event.js';
import { isStorableText } from '../event/storable-text.js';
import { InvalidStreamId } from '../event-store.errors.js';
import type { Tag } from '../tag/tag.js';

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
  /** Whose personal data it holds, encrypted: none of them may be forgotten before it is committed. */
  readonly subjects: readonly string[];
}

interface PreparedEvent extends EncodedData {
  readonly id: string;
  readonly definition: EventDefinition;
  readonly tags: readonly Tag[];
}

/** Encrypts what is personal in an append; only that takes more than a moment. */
export interface AppendSealer {
  seal(append: PreparedAppend): PreparedAppend | Promise<PreparedAppend>;
}

const longestStreamId = 255;

/** True for what can name a stream. */
export function isStreamId(id: string): boolean {
  return id.length > 0 && id.length <= longestStreamId && isStorableText(id);
}

/**
 * Checks everything about an append that needs no database, and encrypts what is personal in it. Only the latter takes
 * more than a moment.
 *
 * @throws {InvalidTenantId} {@link InvalidStreamId} {@link UnknownEventType} {@link EventInvalid} {@link UnstorableData} {@link EventTooLarge}
 * @throws {SubjectForgotten} for personal data of somebody who was forgotten.
 */
export function prepareAppend(
  request: AppendRequest,
  limits: EventLimits,
  cipher: AppendSealer,
): PreparedAppend | Promise<PreparedAppend> {
  return cipher.seal(checkAppend(request, limits));
}

/** With personal data still in clear. */
function checkAppend(request: AppendRequest, limits: EventLimits): PreparedAppend {
  const { ctx, stream, streamId, expectedVersion } = request;
  // Here, because a group of appends could not tell whose mistake it was.
  assertTenantId(ctx.tenantId);
  if (!isStreamId(streamId)) throw new InvalidStreamId();
  const metadata = metadataOf(ctx);
  assertStorable(metadata, 'The metadata', 1);
  const events = request.events.map((event) => {
    const definition = stream.definition(event.type, event.version);
    const { data, json } = encodeData(definition, event, limits);
    return { id: uuidv7(), definition, tags: definition.tags(data), data, json };
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
    subjects: nobody,
  };
}

const nobody: readonly string[] = [];

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
