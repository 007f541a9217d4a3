import { Aggregate, unhandledEvent } from '@acci/event-store';
import {
  TenantAlreadySuspended,
  TenantAwaitsDeletion,
  TenantGracePeriodRunning,
  TenantHierarchyCycle,
  TenantHierarchyTooDeep,
  TenantNotAwaitingDeletion,
  TenantNotFound,
  TenantNotSuspended,
  TenantParentAwaitsDeletion,
} from './tenant.errors.js';
import {
  changedSettings,
  TenantCreated,
  TenantDeletionCancelled,
  TenantDeletionScheduled,
  tenantEvents,
  TenantHomeRegionChanged,
  TenantMoved,
  TenantPlanChanged,
  TenantPurged,
  TenantReactivated,
  TenantRenamed,
  TenantSettingsChanged,
  TenantSuspended,
  type SettingsRecord,
  type TenantEvent,
} from './tenant.events.js';

/** How many levels the hierarchy of tenants may have. */
export const maxTenantDepth = 8;

/** The tenant below which another one is put, as far as that matters. */
export interface ParentTenant {
  readonly id: string;
  readonly awaitsDeletion: boolean;
  /** The ids of the tenants above it, nearest first. */
  readonly ancestors: readonly string[];
}

/** What a new tenant is like. */
export interface NewTenant {
  readonly slug: string;
  readonly name: string;
  readonly plan: string;
  readonly homeRegion: string;
  readonly settings: SettingsRecord;
  readonly parent: ParentTenant | undefined;
}

/**
 * A customer of the platform. It is served (active) or not (suspended); either way it can be scheduled for deletion,
 * which stops everything else until it is restored as it was, or purged.
 */
export class Tenant extends Aggregate<TenantEvent> {
  static readonly streamType = 'tenancy.tenant';
  static readonly events = tenantEvents;

  private name = '';
  private plan = '';
  private homeRegion = '';
  private currentSettings: SettingsRecord = {};
  private currentParentId: string | null = null;
  private suspended = false;
  private deletionDueAt: string | undefined;
  private purged = false;

  /** The settings now: what a change starts from. */
  get settings(): SettingsRecord {
    return this.currentSettings;
  }

  /** The id of the tenant above this one; null at the top. */
  get parentId(): string | null {
    return this.currentParentId;
  }

  create({ slug, name, plan, homeRegion, settings, parent }: NewTenant): void {
    if (parent) assertFits(parent, 1);
    const parentId = parent?.id ?? null;
    this.record(TenantCreated.of({ slug, name, plan, homeRegion, settings, parentId }));
  }

  rename(name: string): void {
    this.assertChangeable();
    if (name !== this.name) this.record(TenantRenamed.of({ name }));
  }

  /** @param changes the settings that get another value; null for those that go. */
  changeSettings(changes: SettingsRecord): void {
    this.assertChangeable();
    if (Object.keys(changes).length > 0) this.record(TenantSettingsChanged.of({ changes }));
  }

  changePlan(plan: string): void {
    this.assertChangeable();
    if (plan !== this.plan) this.record(TenantPlanChanged.of({ plan }));
  }

  changeHomeRegion(homeRegion: string): void {
    this.assertChangeable();
    if (homeRegion !== this.homeRegion) this.record(TenantHomeRegionChanged.of({ homeRegion }));
  }

  /**
   * @param parent undefined for the top.
   * @param height levels of the tree that moves: 1 for a tenant with none below it.
   */
  move(parent: ParentTenant | undefined, height: number): void {
    this.assertChangeable();
    const parentId = parent?.id ?? null;
    if (parentId === this.currentParentId) return;
    if (parent) {
      if (parent.id === this.id || parent.ancestors.includes(this.id)) throw new TenantHierarchyCycle();
      assertFits(parent, height);
    }
    this.record(TenantMoved.of({ parentId }));
  }

  suspend(reason: string): void {
    this.assertChangeable();
    if (this.suspended) throw new TenantAlreadySuspended(this.id);
    this.record(TenantSuspended.of({ reason }));
  }

  reactivate(): void {
    this.assertChangeable();
    if (!this.suspended) throw new TenantNotSuspended(this.id);
    this.record(TenantReactivated.of({}));
  }

  /** @param dueAt when the grace period ends. */
  scheduleDeletion(dueAt: Date, reason: string | null): void {
    this.assertChangeable();
    this.record(TenantDeletionScheduled.of({ dueAt: dueAt.toISOString(), reason }));
  }

  /** @param parent the tenant above this one, undefined at the top. */
  cancelDeletion(parent: ParentTenant | undefined): void {
    this.assertAwaitsDeletion();
    if (parent?.awaitsDeletion) throw new TenantParentAwaitsDeletion();
    this.record(TenantDeletionCancelled.of({}));
  }

  purge(now: Date): void {
    const dueAt = this.assertAwaitsDeletion();
    if (now < new Date(dueAt)) throw new TenantGracePeriodRunning(this.id, dueAt);
    this.record(TenantPurged.of({}));
  }

  protected apply(event: TenantEvent): void {
    switch (event.type) {
      case 'tenancy.tenant.created':
        this.name = event.data.name;
        this.plan = event.data.plan;
        this.homeRegion = event.data.homeRegion;
        this.currentSettings = event.data.settings;
        this.currentParentId = event.data.parentId;
        return;
      case 'tenancy.tenant.renamed':
        this.name = event.data.name;
        return;
      case 'tenancy.tenant.settings_changed':
        this.currentSettings = changedSettings(this.currentSettings, event.data.changes);
        return;
      case 'tenancy.tenant.plan_changed':
        this.plan = event.data.plan;
        return;
      case 'tenancy.tenant.home_region_changed':
        this.homeRegion = event.data.homeRegion;
        return;
      case 'tenancy.tenant.moved':
        this.currentParentId = event.data.parentId;
        return;
      case 'tenancy.tenant.suspended':
        this.suspended = true;
        return;
      case 'tenancy.tenant.reactivated':
        this.suspended = false;
        return;
      case 'tenancy.tenant.deletion_scheduled':
        this.deletionDueAt = event.data.dueAt;
        return;
      case 'tenancy.tenant.deletion_cancelled':
        this.deletionDueAt = undefined;
        return;
      case 'tenancy.tenant.purged':
        this.purged = true;
        return;
      default:
        unhandledEvent(event);
    }
  }

  private assertChangeable(): void {
    this.assertExists();
    if (this.deletionDueAt !== undefined) throw new TenantAwaitsDeletion(this.id);
  }

  private assertAwaitsDeletion(): string {
    this.assertExists();
    if (this.deletionDueAt === undefined) throw new TenantNotAwaitingDeletion(this.id);
    return this.deletionDueAt;
  }

  /** The stream of a purged tenant goes on existing, but nothing in it may be told apart from one that never did. */
  private assertExists(): void {
    if (this.purged) throw new TenantNotFound(this.id);
  }
}

function assertFits(parent: ParentTenant, height: number): void {
  if (parent.awaitsDeletion) throw new TenantParentAwaitsDeletion();
  const depthOfParent = parent.ancestors.length + 1;
  if (depthOfParent + height > maxTenantDepth) throw new TenantHierarchyTooDeep(maxTenantDepth);
}
