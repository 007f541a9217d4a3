import type { TestDatabase } from '@acci/database/testing';
import {
  CancelTenantDeletion,
  MoveTenant,
  PurgeTenant,
  ScheduleTenantDeletion,
  TenantHasChildren,
  TenantHierarchyCycle,
  TenantHierarchyTooDeep,
  TenantParentAwaitsDeletion,
  TenantParentNotFound,
} from '../index.js';
import { createTestDatabase, startProcess, type TestProcess } from '../spec-support/test-app.js';
import { createTenants, platformContext } from '../testing.js';

const ctx = platformContext();
let db: TestDatabase;
let process: TestProcess;

beforeAll(async () => {
  db = await createTestDatabase();
  process = await startProcess(db);
});
afterAll(async () => {
  await process.close();
  await db.close();
});

const run: TestProcess['commandBus']['execute'] = (command: object) =>
  process.commandBus.execute(command as never);
const create = async (overrides: Parameters<typeof createTenants>[2] = {}): Promise<string> => {
  const [id = ''] = await createTenants(process.app, 1, overrides);
  return id;
};

describe('the hierarchy', () => {
  it('needs a parent that is there and stays', async () => {
    await expect(create({ parentId: '019a8f3e-0000-7000-8000-000000000009' })).rejects.toThrow(
      TenantParentNotFound,
    );
    const parentId = await create();
    await run(new ScheduleTenantDeletion(ctx, { id: parentId }));
    await expect(create({ parentId })).rejects.toThrow(TenantParentAwaitsDeletion);
    const id = await create();
    await expect(run(new MoveTenant(ctx, { id, parentId }))).rejects.toThrow(TenantParentAwaitsDeletion);
  });

  it('has eight levels at most, whichever way a tenant comes', async () => {
    const line: string[] = [];
    for (let level = 1; level <= 8; level += 1) line.push(await create({ parentId: line.at(-1) ?? null }));
    await expect(create({ parentId: line[7] as string })).rejects.toThrow(TenantHierarchyTooDeep);
    const top = await create();
    await create({ parentId: top });
    await expect(run(new MoveTenant(ctx, { id: top, parentId: line[6] as string }))).rejects.toThrow(
      TenantHierarchyTooDeep,
    );
    await run(new MoveTenant(ctx, { id: top, parentId: line[5] as string }));
    await expect(
      run(new MoveTenant(ctx, { id: line[0] as string, parentId: line[4] as string })),
    ).rejects.toThrow(TenantHierarchyCycle);
  });

  it('has no circle, even from two moves that cross', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [a = '', b = ''] = await createTenants(process.app, 2);
      const outcomes = await Promise.allSettled([
        run(new MoveTenant(ctx, { id: a, parentId: b })),
        run(new MoveTenant(ctx, { id: b, parentId: a })),
      ]);
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(refused).toHaveLength(1);
      expect(refused[0]?.reason).toBeInstanceOf(TenantHierarchyCycle);
    }
  });

  it('goes from the bottom up, and comes back from the top down', async () => {
    const parentId = await create();
    const id = await create({ parentId });
    await expect(run(new ScheduleTenantDeletion(ctx, { id: parentId }))).rejects.toThrow(TenantHasChildren);
    await run(new ScheduleTenantDeletion(ctx, { id, gracePeriodDays: 0 }));
    await run(new ScheduleTenantDeletion(ctx, { id: parentId, gracePeriodDays: 0 }));
    await expect(run(new CancelTenantDeletion(ctx, { id }))).rejects.toThrow(TenantParentAwaitsDeletion);
    await expect(run(new PurgeTenant(ctx, { id: parentId }))).rejects.toThrow(TenantHasChildren);
    await run(new PurgeTenant(ctx, { id }));
    await run(new PurgeTenant(ctx, { id: parentId }));
  });

  it('gets no child between the look and the order to delete', async () => {
    for (let round = 0; round < 10; round += 1) {
      const parentId = await create();
      const outcomes = await Promise.allSettled([
        create({ parentId }),
        run(new ScheduleTenantDeletion(ctx, { id: parentId })),
      ]);
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    }
  });
});
