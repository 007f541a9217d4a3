import { given } from '@acci/event-store/testing';
import fc from 'fast-check';
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
  TenantSlugInvalid,
  TenantSlugReserved,
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

const tenant = (...events: TenantEvent[]) => given(Tenant, id, events);

describe('a new tenant', () => {
  const details = { slug: 'acme', name: 'Acme', plan: 'free', homeRegion: 'eu', settings: { locale: 'en' } };

  it('is created at the top', () => {
    tenant()
      .when((t) => t.create({ ...details, parent: undefined }))
      .then([TenantCreated.of({ ...details, parentId: null })]);
  });

  it('is created below another one', () => {
    tenant()
      .when((t) => t.create({ ...details, parent }))
      .then([TenantCreated.of({ ...details, parentId })]);
  });

  it('is not created below one that awaits deletion', () => {
    tenant()
      .when((t) => t.create({ ...details, parent: { ...parent, awaitsDeletion: true } }))
      .thenThrows(TenantParentAwaitsDeletion);
  });

  it('is created on the eighth level, and not on the ninth', () => {
    tenant()
      .when((t) => t.create({ ...details, parent: { ...parent, ancestors: Array(6).fill('x') } }))
      .then([TenantCreated.of({ ...details, parentId })]);
    tenant()
      .when((t) => t.create({ ...details, parent: { ...parent, ancestors: Array(7).fill('x') } }))
      .thenThrows(TenantHierarchyTooDeep);
  });

  it.each(['a', 'Acme', '-acme', 'acme-', 'ac--me', 'acme.com', 'acmé', 'a'.repeat(64), 'acme\n', ''])(
    'is not called %j',
    (slug) => {
      tenant()
        .when((t) => t.create({ ...details, slug, parent: undefined }))
        .thenThrows(TenantSlugInvalid);
    },
  );

  it.each(['www', 'api', 'admin', 'platform'])('is not called %s, which is reserved', (slug) => {
    tenant()
      .when((t) => t.create({ ...details, slug, parent: undefined }))
      .thenThrows(TenantSlugReserved);
  });
});

describe('changing a tenant', () => {
  it('records what is different', () => {
    tenant(created)
      .when((t) => t.rename('Acme Two'))
      .then([TenantRenamed.of({ name: 'Acme Two' })]);
    tenant(created)
      .when((t) => t.changePlan('enterprise'))
      .then([TenantPlanChanged.of({ plan: 'enterprise' })]);
    tenant(created)
      .when((t) => t.changeHomeRegion('us'))
      .then([TenantHomeRegionChanged.of({ homeRegion: 'us' })]);
  });

  it('records nothing for what is the same', () => {
    tenant(created)
      .when((t) => {
        t.rename(created.data.name);
        t.changePlan(created.data.plan);
        t.changeHomeRegion(created.data.homeRegion);
        t.changeSettings({ ...created.data.settings });
        t.move(undefined, 1);
      })
      .then([]);
  });

  it('records of settings only those that changed, and null for those that went', () => {
    tenant(aTenantCreated({ settings: { locale: 'en', currency: 'EUR', tags: ['a'] } }))
      .when((t) => t.changeSettings({ locale: 'de', tags: ['a'] }))
      .then([TenantSettingsChanged.of({ changes: { locale: 'de', currency: null } })]);
  });

  it('leads to exactly the settings that were asked for', () => {
    const settings = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.oneof(fc.string(), fc.integer(), fc.boolean()));
    fc.assert(
      fc.property(settings, settings, (before, after) => {
        const changed = new Tenant(id);
        changed.create({ ...created.data, settings: before, parent: undefined });
        changed.changeSettings(after);
        expect(changed.settings).toEqual(after);
      }),
    );
  });
});

describe('moving a tenant', () => {
  it('puts it below another one, and back to the top', () => {
    tenant(created)
      .when((t) => t.move(parent, 1))
      .then([TenantMoved.of({ parentId })]);
    tenant(created, TenantMoved.of({ parentId }))
      .when((t) => t.move(undefined, 1))
      .then([TenantMoved.of({ parentId: null })]);
  });

  it('refuses a circle', () => {
    tenant(created)
      .when((t) => t.move({ ...parent, id }, 1))
      .thenThrows(TenantHierarchyCycle);
    tenant(created)
      .when((t) => t.move({ ...parent, ancestors: ['x', id] }, 3))
      .thenThrows(TenantHierarchyCycle);
  });

  it('refuses a tree that would reach the ninth level', () => {
    const deep = { ...parent, ancestors: Array(4).fill('x') as string[] };
    tenant(created)
      .when((t) => t.move(deep, 3))
      .then([TenantMoved.of({ parentId })]);
    tenant(created)
      .when((t) => t.move(deep, 4))
      .thenThrows(TenantHierarchyTooDeep);
  });
});

describe('suspending a tenant', () => {
  it('can be done once, and undone once', () => {
    tenant(created)
      .when((t) => t.suspend('unpaid'))
      .then([suspended]);
    tenant(created, suspended)
      .when((t) => t.suspend('again'))
      .thenThrows(TenantAlreadySuspended);
    tenant(created, suspended)
      .when((t) => t.reactivate())
      .then([TenantReactivated.of({})]);
    tenant(created, suspended, TenantReactivated.of({}))
      .when((t) => t.reactivate())
      .thenThrows(TenantNotSuspended);
  });

  it('does not keep it from being changed', () => {
    tenant(created, suspended)
      .when((t) => t.rename('Acme Two'))
      .then([TenantRenamed.of({ name: 'Acme Two' })]);
  });
});

describe('deleting a tenant', () => {
  it('is scheduled', () => {
    tenant(created, suspended)
      .when((t) => t.scheduleDeletion(new Date(dueAt), 'contract ended'))
      .then([TenantDeletionScheduled.of({ dueAt, reason: 'contract ended' })]);
  });

  it('is called off, and then it is as it was', () => {
    tenant(created, suspended, deletionScheduled)
      .when((t) => {
        t.cancelDeletion(undefined);
        t.reactivate();
      })
      .then([TenantDeletionCancelled.of({}), TenantReactivated.of({})]);
  });

  it('is not called off below one that awaits deletion', () => {
    tenant(created, deletionScheduled)
      .when((t) => t.cancelDeletion({ ...parent, awaitsDeletion: true }))
      .thenThrows(TenantParentAwaitsDeletion);
  });

  it('is done when the grace period is over, and not a millisecond before', () => {
    tenant(created, deletionScheduled)
      .when((t) => t.purge(new Date(dueAt)))
      .then([TenantPurged.of({})]);
    tenant(created, deletionScheduled)
      .when((t) => t.purge(new Date(new Date(dueAt).getTime() - 1)))
      .thenThrows(TenantGracePeriodRunning);
  });

  it('is neither called off nor done if it was not scheduled', () => {
    tenant(created)
      .when((t) => t.cancelDeletion(undefined))
      .thenThrows(TenantNotAwaitingDeletion);
    tenant(created)
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
    tenant(created, suspended, deletionScheduled).when(act).thenThrows(TenantAwaitsDeletion);
  });

  it.each(Object.entries({ ...acts, cancelDeletion: (t: Tenant) => t.cancelDeletion(undefined), purge: (t: Tenant) => t.purge(new Date()) }))(
    'leaves nothing for %s to find, even when only the last event is left',
    (_, act) => {
      tenant(created, deletionScheduled, TenantPurged.of({})).when(act).thenThrows(TenantNotFound);
      tenant(TenantPurged.of({})).when(act).thenThrows(TenantNotFound);
    },
  );
});
