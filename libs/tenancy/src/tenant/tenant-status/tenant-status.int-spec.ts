import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import {
  CancelTenantDeletion,
  PLATFORM_TENANT_ID,
  PurgeTenant,
  ReactivateTenant,
  ScheduleTenantDeletion,
  SuspendTenant,
  TenantRefused,
  TenantStatus,
} from '../../index.js';
import { createTestDatabase, startProcess, type TestProcess } from '../../spec-support/test-app.js';
import { createTenants, platformContext } from '../../testing.js';

const ctx = platformContext();
let db: TestDatabase;
let here: TestProcess;
let there: TestProcess;

beforeAll(async () => {
  db = await createTestDatabase();
  [here, there] = await Promise.all([startProcess(db), startProcess(db)]);
});
afterAll(async () => {
  await Promise.all([here.close(), there.close()]);
  await db.close();
});

const aTenantId = async (): Promise<string> => (await createTenants(here.app, 1))[0] as string;
const served = (process: TestProcess, id: string) => process.get(TenantStatus).assertActive(id);

it('refuses at once in the process that suspended, and within a second in the others', async () => {
  const id = await aTenantId();
  await served(here, id);
  await served(there, id);
  await here.commandBus.execute(new SuspendTenant(ctx, { id, reason: 'unpaid' }));
  await expect(served(here, id)).rejects.toMatchObject({
    code: 'tenancy.tenant.suspended',
    kind: 'forbidden',
  });
  await sleep(1_000);
  await expect(served(there, id)).rejects.toThrow(TenantRefused);

  await here.commandBus.execute(new ReactivateTenant(ctx, { id }));
  await served(here, id);
});

it('says why, in every state', async () => {
  const id = await aTenantId();
  await here.commandBus.execute(new ScheduleTenantDeletion(ctx, { id, gracePeriodDays: 0 }));
  await expect(served(here, id)).rejects.toMatchObject({ code: 'tenancy.tenant.deletion_scheduled' });
  await here.commandBus.execute(new CancelTenantDeletion(ctx, { id }));
  await served(here, id);
  await here.commandBus.execute(new ScheduleTenantDeletion(ctx, { id, gracePeriodDays: 0 }));
  await here.commandBus.execute(new PurgeTenant(ctx, { id }));
  await expect(served(here, id)).rejects.toMatchObject({ code: 'tenancy.tenant.unknown' });
  await expect(served(here, uuidv7())).rejects.toMatchObject({ code: 'tenancy.tenant.unknown' });
  await served(here, PLATFORM_TENANT_ID);
});
