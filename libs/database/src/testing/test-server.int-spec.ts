import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedServer } from '../embedded/embedded-server.js';
import { databaseMigrations } from '../migrations/index.js';
import { ensureTemplate } from './template.js';
import { TestDatabase } from './test-database.js';
import { testDirectory } from './test-directory.js';
import { openTestServer, withClient } from './test-server.js';

describe('A test server that others use as well', () => {
  it('is left as it was, but for databases of runs that were killed long ago', async () => {
    const other = await TestDatabase.create({ migrations: databaseMigrations });
    const abandoned = `acci_test_${'0'.repeat(32)}_0123456789ab`;
    await other.admin(`create database ${abandoned}`);

    const server = await openTestServer(other.urls.admin);
    const template = await ensureTemplate(server, { migrations: databaseMigrations });
    expect(await ensureTemplate(server, { migrations: databaseMigrations })).toBe(template);
    await server.stop();

    const names = await other.admin<{ datname: string }>('select datname from pg_database');
    expect(names).toContainEqual({ datname: new URL(other.urls.app).pathname.slice(1) });
    expect(names).not.toContainEqual({ datname: template });
    expect(names).not.toContainEqual({ datname: abandoned });
    await other.close();
  });

  it('is refused when it serves an application, whose passwords tests must not change', async () => {
    const directory = await fs.mkdtemp(join(await testDirectory(), 'acci-application-'));
    const application = await EmbeddedServer.start({ directory, durable: false });
    await expect(openTestServer(application.urls.admin)).rejects.toThrow('already serves an application');
    await withClient(application.urls.app, async (client) => client.query('select 1'));
    await application.stop();
    await fs.rm(directory, { recursive: true });
  });
});
