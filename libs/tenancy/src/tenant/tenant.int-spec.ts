import type { TestDatabase } from '@acci/database/testing';
import { EventStore } from '@acci/event-store';
import { rebuildNow } from '@acci/projections/testing';
import { z } from 'zod';
import {
  CancelTenantDeletion,
  ChangeTenant,
  CreateTenant,
  GetTenant,
  ListTenants,
  ListTenantsQuery,
  MoveTenant,
  PLATFORM_TENANT_ID,
  PlatformTenantRequired,
  PurgeTenant,
  ReactivateTenant,
  ScheduleTenantDeletion,
  SuspendTenant,
  TenantNotFound,
  TenantPlanUnknown,
  TenantRegionUnknown,
  TenantSettings,
  TenantSettingsInvalid,
  TenantSlugTaken,
} from '../index.js';
import { createTestDatabase, startProcess, TestProcess } from '../spec-support/test-app.js';
import { aTenant, createTenants, platformContext } from '../testing.js';

const ctx = platformContext();
let db: TestDatabase;
let process: TestProcess;

beforeAll(async () => {
  db = await createTestDatabase();
  process = await startProcess(db, {
    settings: TenantSettings.extend({ seats: z.int().max(100).default(5) }),
  });
});
afterAll(async () => {
  await process.close();
  await db.close();
});

const run = (command: Parameters<TestProcess['commandBus']['execute']>[0]) =>
  process.commandBus.execute(command);
const get = (id: string) => process.queryBus.execute(new GetTenant(ctx, id));
const create = async (overrides: Parameters<typeof aTenant>[0] = {}): Promise<string> => {
  const [id] = await createTenants(process.app, 1, overrides);
  return id as string;
};

describe('a tenant through its life', () => {
  it('is shown by the directory as its events made it', async () => {
    const id = await create({ slug: 'whole-life', name: 'Whole Life', settings: { locale: 'de-CH' } });
    const parentId = await create();
    expect(await get(id)).toEqual({
      id,
      slug: 'whole-life',
      name: 'Whole Life',
      plan: 'free',
      homeRegion: 'eu',
      settings: { locale: 'de-CH', timeZone: 'UTC', currency: 'EUR', seats: 5 },
      parentId: null,
      status: 'active',
      suspensionReason: null,
      deletionReason: null,
      deletionDueAt: null,
      version: 1,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      updatedAt: expect.any(String) as string,
    });

    await run(
      new ChangeTenant(ctx, {
        id,
        name: 'New',
        plan: 'enterprise',
        homeRegion: 'us',
        settings: { seats: 7, locale: null },
      }),
    );
    await run(new MoveTenant(ctx, { id, parentId }));
    await run(new SuspendTenant(ctx, { id, reason: 'unpaid' }));
    expect(await get(id)).toMatchObject({
      name: 'New',
      plan: 'enterprise',
      homeRegion: 'us',
      settings: { locale: 'en', timeZone: 'UTC', currency: 'EUR', seats: 7 },
      parentId,
      status: 'suspended',
      suspensionReason: 'unpaid',
      version: 7,
    });

    await run(new ScheduleTenantDeletion(ctx, { id, gracePeriodDays: 1, reason: 'contract ended' }));
    const scheduled = await get(id);
    expect(scheduled).toMatchObject({ status: 'deletion_scheduled', deletionReason: 'contract ended' });
    expect(new Date(scheduled.deletionDueAt ?? 0).getTime() / 86_400_000).toBeCloseTo(
      Date.now() / 86_400_000 + 1,
      3,
    );

    await run(new CancelTenantDeletion(ctx, { id }));
    expect(await get(id)).toMatchObject({
      status: 'suspended',
      suspensionReason: 'unpaid',
      deletionDueAt: null,
    });
    await run(new ReactivateTenant(ctx, { id }));
    expect(await get(id)).toMatchObject({ status: 'active', suspensionReason: null });

    await run(new ScheduleTenantDeletion(ctx, { id, gracePeriodDays: 0 }));
    await run(new PurgeTenant(ctx, { id }));
    await expect(get(id)).rejects.toThrow(TenantNotFound);
  });

  it('comes out of a rebuild byte for byte as it was, and again', async () => {
    const rows = async () =>
      JSON.stringify(await db.admin('select * from acci.tenant_directory order by id'));
    const before = await rows();
    for (let time = 0; time < 2; time += 1) {
      await rebuildNow(process.app, 'tenancy.tenant-directory');
      expect(await rows()).toBe(before);
    }
  });

  it('belongs to the platform alone', async () => {
    const elsewhere = platformContext({ tenantId: await create() });
    await expect(run(new CreateTenant(elsewhere, aTenant()))).rejects.toThrow(PlatformTenantRequired);
    const id = await create();
    await expect(process.queryBus.execute(new GetTenant(elsewhere, id))).rejects.toThrow(TenantNotFound);
    await expect(run(new SuspendTenant(elsewhere, { id, reason: 'x' }))).rejects.toThrow(TenantNotFound);
    expect(await process.queryBus.execute(new ListTenants(elsewhere, ListTenantsQuery.parse({})))).toEqual({
      items: [],
      next: null,
    });
  });
});

describe('what a tenant may be', () => {
  it('is what the platform is set up for', async () => {
    await expect(run(new CreateTenant(ctx, aTenant({ plan: 'gold' })))).rejects.toThrow(TenantPlanUnknown);
    await expect(run(new CreateTenant(ctx, aTenant({ homeRegion: 'moon' })))).rejects.toThrow(
      TenantRegionUnknown,
    );
    const refused = run(new CreateTenant(ctx, aTenant({ settings: { seats: 1000, locale: 'xx_' } })));
    await expect(refused).rejects.toThrow(TenantSettingsInvalid);
    await expect(refused).rejects.toMatchObject({
      errors: [{ pointer: '/settings/locale' }, { pointer: '/settings/seats' }],
    });
  });

  it('changes whole or not at all', async () => {
    const id = await create({ name: 'Before' });
    await expect(run(new ChangeTenant(ctx, { id, name: 'After', plan: 'gold' }))).rejects.toThrow(
      TenantPlanUnknown,
    );
    expect(await get(id)).toMatchObject({ name: 'Before', version: 1 });
  });

  it('has a slug of its own, whoever asks at the same time', async () => {
    const attempts = Array.from({ length: 50 }, () =>
      run(new CreateTenant(ctx, aTenant({ slug: 'contended' }))),
    );
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(TenantSlugTaken);
    }
  });
});

describe('many at once', () => {
  it('suspends a tenant once', async () => {
    const id = await create();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => run(new SuspendTenant(ctx, { id, reason: 'x' }))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const events = await process.get(EventStore).readStream(ctx, 'tenancy.tenant', id);
    expect(events.map(({ type }) => type)).toEqual(['tenancy.tenant.created', 'tenancy.tenant.suspended']);
    expect(events[0]).toMatchObject({ tenantId: PLATFORM_TENANT_ID, metadata: { actor: 'test' } });
  });
});
