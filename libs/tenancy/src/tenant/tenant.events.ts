import { claim, defineEvent, type EventOf } from '@acci/event-store';
import { z } from 'zod';
import { TenantSlugTaken } from './tenant.errors.js';

// These schemas say what a stored fact looks like, not what a request may ask for: they are loose where rules may
// change, because every fact that was ever stored must keep fitting.
const name = z.string().min(1).max(200);
const plan = z.string().min(1).max(63);
const region = z.string().min(1).max(63);
const reason = z.string().min(1).max(500);
const settings = z.record(z.string().max(63), z.json());

/** A tenant came to be. Its slug is unique among all tenants. */
export const TenantCreated = defineEvent({
  type: 'tenancy.tenant.created',
  version: 1,
  schema: z.object({
    slug: z.string().min(1).max(63),
    name,
    plan,
    homeRegion: region,
    settings,
    parentId: z.uuid().nullable(),
  }),
  claims: ({ slug }) => [claim('tenancy.tenant.slug', slug, () => new TenantSlugTaken())],
});
export type TenantCreated = EventOf<typeof TenantCreated>;

/** A tenant got another name. */
export const TenantRenamed = defineEvent({
  type: 'tenancy.tenant.renamed',
  version: 1,
  schema: z.object({ name }),
});
export type TenantRenamed = EventOf<typeof TenantRenamed>;

/** Settings got other values. What is not named stayed; null says that a setting was taken away. */
export const TenantSettingsChanged = defineEvent({
  type: 'tenancy.tenant.settings_changed',
  version: 1,
  schema: z.object({ changes: settings }),
});
export type TenantSettingsChanged = EventOf<typeof TenantSettingsChanged>;

/** Settings as they are stored: flat names, JSON values. */
export type SettingsRecord = Readonly<TenantSettingsChanged['data']['changes']>;

/** What {@link TenantSettingsChanged} makes of settings. */
export function changedSettings(settings: SettingsRecord, changes: SettingsRecord): SettingsRecord {
  return Object.fromEntries(
    Object.entries({ ...settings, ...changes }).filter(([, value]) => value !== null),
  );
}

/** A tenant went to another plan. */
export const TenantPlanChanged = defineEvent({
  type: 'tenancy.tenant.plan_changed',
  version: 1,
  schema: z.object({ plan }),
});
export type TenantPlanChanged = EventOf<typeof TenantPlanChanged>;

/** A tenant got another home region. */
export const TenantHomeRegionChanged = defineEvent({
  type: 'tenancy.tenant.home_region_changed',
  version: 1,
  schema: z.object({ homeRegion: region }),
});
export type TenantHomeRegionChanged = EventOf<typeof TenantHomeRegionChanged>;

/** A tenant was put below another one, or, with null, at the top. */
export const TenantMoved = defineEvent({
  type: 'tenancy.tenant.moved',
  version: 1,
  schema: z.object({ parentId: z.uuid().nullable() }),
});
export type TenantMoved = EventOf<typeof TenantMoved>;

/** A tenant's requests are refused from now on. */
export const TenantSuspended = defineEvent({
  type: 'tenancy.tenant.suspended',
  version: 1,
  schema: z.object({ reason }),
});
export type TenantSuspended = EventOf<typeof TenantSuspended>;

/** A suspended tenant is served again. */
export const TenantReactivated = defineEvent({
  type: 'tenancy.tenant.reactivated',
  version: 1,
  schema: z.object({}),
});
export type TenantReactivated = EventOf<typeof TenantReactivated>;

/** A tenant will be purged once `dueAt` (ISO 8601, UTC) has passed, unless that is cancelled before. */
export const TenantDeletionScheduled = defineEvent({
  type: 'tenancy.tenant.deletion_scheduled',
  version: 1,
  schema: z.object({ dueAt: z.iso.datetime(), reason: reason.nullable() }),
});
export type TenantDeletionScheduled = EventOf<typeof TenantDeletionScheduled>;

/** A scheduled deletion was called off; the tenant is as it was before. */
export const TenantDeletionCancelled = defineEvent({
  type: 'tenancy.tenant.deletion_cancelled',
  version: 1,
  schema: z.object({}),
});
export type TenantDeletionCancelled = EventOf<typeof TenantDeletionCancelled>;

/**
 * A tenant is gone for good: this is all that its stream keeps. It says nothing about the tenant on purpose, and
 * tells every library that holds anything about the tenant to let go of it.
 */
export const TenantPurged = defineEvent({
  type: 'tenancy.tenant.purged',
  version: 1,
  schema: z.object({}),
});
export type TenantPurged = EventOf<typeof TenantPurged>;

/** Every event of a tenant's stream, in every version that may be stored. */
export const tenantEvents = [
  TenantCreated,
  TenantRenamed,
  TenantSettingsChanged,
  TenantPlanChanged,
  TenantHomeRegionChanged,
  TenantMoved,
  TenantSuspended,
  TenantReactivated,
  TenantDeletionScheduled,
  TenantDeletionCancelled,
  TenantPurged,
] as const;

/** Any event of a tenant. */
export type TenantEvent = EventOf<(typeof tenantEvents)[number]>;
