import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { GetTenant, SuspendTenant, TenantStatus } from './index.js';
import { ShopModule, SignUp } from './spec-support/readme-example.js';
import { createTestDatabase } from './spec-support/test-app.js';
import { platformContext } from './testing.js';

describe('README.md', () => {
  it('shows the module that runs here', async () => {
    const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
    const example = await readFile(join(import.meta.dirname, 'spec-support/readme-example.ts'), 'utf8');
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\`\n`);
  });

  it('shows what works', async () => {
    const db = await createTestDatabase();
    const app = await NestFactory.createApplicationContext(ShopModule.forRoot(db.urls), {
      logger: false,
      abortOnError: false,
    });
    const id = await app.get(SignUp).signUp('acme', 'Acme Ltd', 'test');
    const tenant = await app.get(QueryBus).execute(new GetTenant(platformContext(), id));
    expect(tenant).toMatchObject({ slug: 'acme', plan: 'basic', homeRegion: 'eu', settings: { seats: 20 } });
    await app.get(CommandBus).execute(new SuspendTenant(platformContext(), { id, reason: 'unpaid' }));
    await expect(app.get(TenantStatus, { strict: false }).assertActive(id)).rejects.toMatchObject({
      code: 'tenancy.tenant.suspended',
    });
    await app.close();
    await db.close();
  });
});
