import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { ChangeTenant, PLATFORM_TENANT_ID, TenantLookup } from '../../index.js';
import { createTestDatabase, startProcess, type TestProcess } from '../../spec-support/test-app.js';
import { createTenants, platformContext } from '../../testing.js';

describe('TenantLookup', () => {
  let db: TestDatabase;
  let here: TestProcess;
  let tenants: TenantLookup;
  let id: string;
  const slug = `acme-${uuidv7()}`;

  beforeAll(async () => {
    db = await createTestDatabase();
    here = await startProcess(db);
    tenants = here.get(TenantLookup);
    [id = ''] = await createTenants(here.app, 1, {
      slug,
      name: 'Acme Ltd',
      settings: { selfRegistration: true },
    });
  });
  afterAll(async () => {
    await here.close();
    await db.close();
  });

  it('finds a tenant by slug and by id', async () => {
    const acme = { id, slug, name: 'Acme Ltd', status: 'active', settings: { selfRegistration: true } };
    expect(await tenants.bySlug(slug)).toMatchObject(acme);
    expect(await tenants.byId(id)).toMatchObject(acme);
  });

  it('finds the platform by a name that no tenant can have', async () => {
    expect(await tenants.bySlug('platform')).toMatchObject({ id: PLATFORM_TENANT_ID, status: 'active' });
    expect(await tenants.byId(PLATFORM_TENANT_ID)).toMatchObject({ slug: 'platform' });
  });

  it.each(['', 'nobody', 'ACME', "a'; drop table", 'a\0b', 'a'.repeat(1_000)])(
    'finds nobody as “%s”',
    async (name) => {
      expect(await tenants.bySlug(name)).toBeUndefined();
    },
  );

  it('finds one as soon as it was made, though somebody asked for it before', async () => {
    const next = `next-${uuidv7()}`;
    expect(await tenants.bySlug(next)).toBeUndefined();
    await createTenants(here.app, 1, { slug: next });
    expect(await tenants.bySlug(next)).toMatchObject({ slug: next });
  });

  it('sees a change after a second at the latest', async () => {
    await tenants.bySlug(slug);
    await here.commandBus.execute(new ChangeTenant(platformContext(), { id, name: 'Acme plc' }));
    await sleep(1_000);
    expect(await tenants.bySlug(slug)).toMatchObject({ name: 'Acme plc' });
  });
});
