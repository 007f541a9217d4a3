import { given } from '@acci/event-store/testing';
import { aTenantCreated } from '../testing.js';
import { Tenant, type ParentTenant } from './tenant.aggregate.js';
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
  TenantCreated,
  TenantDeletionCancelled,
  TenantDeletionScheduled,
  TenantHomeRegionChanged,
  TenantMoved,
  TenantPlanChanged,
  TenantPurged,
  TenantReactivated,
  TenantRenamed,
  TenantSettingsChanged,
  TenantSuspended,
  type TenantEvent,
} from './tenant.events.js';

const id = '019a8f3e-0000-7000-8000-000000000001';
const parentId = '019a8f3e-0000-7000-8000-000000000002';
const dueAt = '2026-02-01T00:00:00.000Z';

const created = aTenantCreated();
const suspended = TenantSuspended.of({ reason: 'unpaid' });
const deletionScheduled = TenantDeletionScheduled.of({ dueAt, reason: null });
const parent: ParentTenant = { id: parentId, awaitsDeletion: false, ancestors: [] };

const givenTenant = (...events: TenantEvent[]) => given(Tenant, id, events);

describe('a new tenant', () => {
  const details = { slug: 'acme', name: 'Acme', plan: 'free', homeRegion: 'eu', settings: { locale: 'en' } };

  it('is created at the top', () => {
    givenTenant()
      .when((t) => t.create({ ...details, parent: undefined }))
      .then([TenantCreated.of({ ...details, parentId: null })]);
  });

  it('is created below another one', () => {
    givenTenant()
      .when((t) => t.create({ ...details, parent }))
      .then([TenantCreated.of({ ...details, parentId })]);
  });

  it('is not created below one that awaits deletion', () => {
    givenTenant()
      .when((t) => t.create({ ...details, parent: { ...parent, awaitsDeletion: true } }))
      .thenThrows(TenantParentAwaitsDeletion);
  });

  it('is created on the eighth level, and not on the ninth', () => {
    givenTenant()
      .when((t) => t.create({ ...details, parent: { ...parent, ancestors: Array(6).fill('x') } }))
      .then([TenantCreated.of({ ...details, parentId })]);
    givenTenant()
      .when((t) => t.create({ ...details, parent: { ...parent, ancestors: Array(7).fill('x') } }))
      .thenThrows(TenantHierarchyTooDeep);
  });
});

describe('changing a tenant', () => {
  it('records what is different', () => {
    givenTenant(created)
      .when((t) => t.rename('Acme Two'))
      .then([TenantRenamed.of({ name: 'Acme Two' })]);
    givenTenant(created)
      .when((t) => t.changePlan('enterprise'))
      .then([TenantPlanChanged.of({ plan: 'enterprise' })]);
    givenTenant(created)
      .when((t) => t.changeHomeRegion('us'))
      .then([TenantHomeRegionChanged.of({ homeRegion: 'us' })]);
  });

  it('records nothing for what is the same', () => {
    givenTenant(created)
      .when((t) => {
        t.rename(created.data.name);
        t.changePlan(created.data.plan);
        t.changeHomeRegion(created.data.homeRegion);
        t.changeSettings({});
        t.move(undefined, 1);
      })
      .then([]);
  });

  it('records of settings those that change, and merges them', () => {
    const changes = { locale: 'de', currency: null };
    givenTenant(created)
      .when((t) => t.changeSettings(changes))
      .then([TenantSettingsChanged.of({ changes })]);
    const changed = new Tenant(id);
    changed.create({ ...created.data, parent: undefined });
    changed.changeSettings(changes);
    expect(changed.settings).toEqual({ locale: 'de', timeZone: 'UTC' });
  });
});

describe('moving a tenant', () => {
  it('puts it below another one, and back to the top', () => {
    givenTenant(created)
      .when((t) => t.move(parent, 1))
      .then([TenantMoved.of({ parentId })]);
    givenTenant(created, TenantMoved.of({ parentId }))
      .when((t) => t.move(undefined, 1))
      .then([TenantMoved.of({ parentId: null })]);
  });

  it('refuses a circle', () => {
    givenTenant(created)
      .when((t) => t.move({ ...parent, id }, 1))
      .thenThrows(TenantHierarchyCycle);
    givenTenant(created)
      .when((t) => t.move({ ...parent, ancestors: ['x', id] }, 3))
      .thenThrows(TenantHierarchyCycle);
  });

  it('refuses a tree that would reach the ninth level', () => {
    const deep = { ...parent, ancestors: Array(4).fill('x') as string[] };
    givenTenant(created)
      .when((t) => t.move(deep, 3))
      .then([TenantMoved.of({ parentId })]);
    givenTenant(created)
      .when((t) => t.move(deep, 4))
      .thenThrows(TenantHierarchyTooDeep);
  });
});

describe('suspending a tenant', () => {
  it('can be done once, and undone once', () => {
    givenTenant(created)
      .when((t) => t.suspend('unpaid'))
      .then([suspended]);
    givenTenant(created, suspended)
      .when((t) => t.suspend('again'))
      .thenThrows(TenantAlreadySuspended);
    givenTenant(created, suspended)
      .when((t) => t.reactivate())
      .then([TenantReactivated.of({})]);
    givenTenant(created, suspended, TenantReactivated.of({}))
      .when((t) => t.reactivate())
      .thenThrows(TenantNotSuspended);
  });

  it('does not keep it from being changed', () => {
    givenTenant(created, suspended)
      .when((t) => t.rename('Acme Two'))
      .then([TenantRenamed.of({ name: 'Acme Two' })]);
  });
});

describe('deleting a tenant', () => {
  it('is scheduled', () => {
    givenTenant(created, suspended)
      .when((t) => t.scheduleDeletion(new Date(dueAt), 'contract ended'))
      .then([TenantDeletionScheduled.of({ dueAt, reason: 'contract ended' })]);
  });

  it('is called off, and then it is as it was', () => {
    givenTenant(created, suspended, deletionScheduled)
      .when((t) => {
        t.cancelDeletion(undefined);
        t.reactivate();
      })
      .then([TenantDeletionCancelled.of({}), TenantReactivated.of({})]);
  });

  it('is not called off below one that awaits deletion', () => {
    givenTenant(created, deletionScheduled)
      .when((t) => t.cancelDeletion({ ...parent, awaitsDeletion: true }))
      .thenThrows(TenantParentAwaitsDeletion);
  });

  it('is done when the grace period is over, and not a millisecond before', () => {
    givenTenant(created, deletionScheduled)
      .when((t) => t.purge(new Date(dueAt)))
      .then([TenantPurged.of({})]);
    givenTenant(created, deletionScheduled)
      .when((t) => t.purge(new Date(new Date(dueAt).getTime() - 1)))
      .thenThrows(TenantGracePeriodRunning);
  });

  it('is neither called off nor done if it was not scheduled', () => {
    givenTenant(created)
      .when((t) => t.cancelDeletion(undefined))
      .thenThrows(TenantNotAwaitingDeletion);
    givenTenant(created)
      .when((t) => t.purge(new Date(dueAt)))
      .thenThrows(TenantNotAwaitingDeletion);
  });

  const acts: Record<string, (t: Tenant) => void> = {
    rename: (t) => t.rename('x'),
    changeSettings: (t) => t.changeSettings({}),
    changePlan: (t) => t.changePlan('x'),
    changeHomeRegion: (t) => t.changeHomeRegion('x'),
    move: (t) => t.move(parent, 1),
    suspend: (t) => t.suspend('x'),
    reactivate: (t) => t.reactivate(),
    scheduleDeletion: (t) => t.scheduleDeletion(new Date(dueAt), null),
  };

  it.each(Object.entries(acts))('stops %s until it is called off', (_, act) => {
    givenTenant(created, suspended, deletionScheduled).when(act).thenThrows(TenantAwaitsDeletion);
  });

  it.each(
    Object.entries({
      ...acts,
      cancelDeletion: (t: Tenant) => t.cancelDeletion(undefined),
      purge: (t: Tenant) => t.purge(new Date()),
    }),
  )('leaves nothing for %s to find, even when only the last event is left', (_, act) => {
    givenTenant(created, deletionScheduled, TenantPurged.of({})).when(act).thenThrows(TenantNotFound);
    givenTenant(TenantPurged.of({})).when(act).thenThrows(TenantNotFound);
  });
});
