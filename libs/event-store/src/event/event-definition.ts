import type { z } from 'zod';
import type { Tag } from '../tag/tag.js';
import { personalFieldsOf, type PersonalField } from '../personal-data/personal-fields.js';
import type { Claim } from './claim.js';

export type { PersonalField };

/** A fact that an aggregate recorded: its type, the version of its schema, and its data as JSON. */
export interface DomainEvent<T extends string = string, V extends number = number, D = unknown> {
  readonly type: T;
  readonly version: V;
  readonly data: D;
}

/** What {@link defineEvent} returns: how events of one type and schema version are made, checked and stored. */
export interface EventDefinition<
  T extends string = string,
  V extends number = number,
  S extends z.ZodType = z.ZodType,
> {
  readonly type: T;
  readonly version: V;
  readonly schema: S;
  /** The fields that the schema marks as personal. */
  readonly personal: readonly PersonalField[];
  /** The unique values that the event takes for its stream. */
  claims(data: z.output<S>): readonly Claim[];
  /** The unique values that the event gives back. */
  releases(data: z.output<S>): readonly Claim[];
  /** What the event is about, for whoever asks across streams. */
  tags(data: z.output<S>): readonly Tag[];
  /** Makes an event. Its data is checked against the schema when it is appended. */
  of(data: z.output<S>): DomainEvent<T, V, z.output<S>>;
}

/**
 * The events that a definition, or a union of definitions, makes.
 *
 * @example
 * type OrderEvent = EventOf<typeof OrderPlaced | typeof OrderShipped>;
 */
export type EventOf<D extends EventDefinition> =
  D extends EventDefinition<infer T, infer V, infer S> ? DomainEvent<T, V, z.output<S>> : never;

/** What {@link defineEvent} takes. */
export interface EventSpec<T extends string, V extends number, S extends z.ZodType> {
  /** `area.noun.fact`, lower case, in the past tense. Stored with every event and never changed. */
  readonly type: T;
  /** The version of the schema, from 1. A change of the schema is a new version. */
  readonly version: V;
  /** What the data looks like. It must be JSON: no dates, no big integers, no transformations. */
  readonly schema: S;
  readonly claims?: (data: z.output<S>) => readonly Claim[];
  readonly releases?: (data: z.output<S>) => readonly Claim[];
  readonly tags?: (data: z.output<S>) => readonly Tag[];
}

/**
 * Defines an event: the one place that says how it is named, what it holds and which unique values it takes.
 *
 * @example
 * export const TenantCreated = defineEvent({
 *   type: 'tenancy.tenant.created',
 *   version: 1,
 *   schema: z.object({ slug: z.string().max(63), name: z.string().max(200) }),
 *   claims: ({ slug }) => [claim('tenancy.tenant.slug', slug, () => new SlugTaken(slug))],
 * });
 * export type TenantCreated = EventOf<typeof TenantCreated>;
 */
export function defineEvent<const T extends string, const V extends number, S extends z.ZodType>(
  spec: EventSpec<T, V, S>,
): EventDefinition<T, V, S> {
  const { type, version, schema, claims = none, releases = none, tags = none } = spec;
  const personal = personalFieldsOf(schema).map(({ pointer, subject }) => ({ pointer, subject }));
  const of = (data: z.output<S>): DomainEvent<T, V, z.output<S>> => ({ type, version, data });
  return { type, version, schema, personal, claims, releases, tags, of };
}

function none(): readonly never[] {
  return [];
}
