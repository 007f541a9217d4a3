import { createHash } from 'node:crypto';
import { type AfterMigrate, type MigrationClass, migrate } from '../migrate.js';
import { prepareDatabase } from '../roles.js';
import { type TestServer, testPasswords, withClient } from './test-server.js';

/** What a test database holds from the start. */
export interface TemplateContent {
  readonly migrations: readonly MigrationClass[];
  readonly afterMigrate?: readonly AfterMigrate[];
}

/** The addresses of a test database, for each role. */
export interface TestDatabaseUrls {
  /** A superuser's, or of whatever login administers the server. */
  readonly admin: string;
  readonly owner: string;
  readonly app: string;
  readonly system: string;
}

/**
 * Makes a database with this content, unless the run has one already, to copy others from. Workers that need the
 * same one wait for the first.
 *
 * @returns its name, made from the run and from the source text of the migrations
 */
export async function ensureTemplate(server: TestServer, content: TemplateContent): Promise<string> {
  const { migrations, afterMigrate = [] } = content;
  const source = [...migrations, ...afterMigrate].map((part) => `${part.name} ${part.toString()}`).join('\n');
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 12);
  const name = `acci_template_${server.run}_${hash}`;
  await withClient(server.adminUrl, async (client) => {
    await client.query('select pg_advisory_lock(hashtext($1))', [name]);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount) return;
    // Under another name until it is whole: a worker that dies in between leaves no template that is only half one.
    const unfinished = `${name}_new`;
    await client.query(`drop database if exists ${unfinished} with (force)`);
    await client.query(`create database ${unfinished} template template0 encoding 'UTF8'`);
    const urls = urlsOf(server.adminUrl, unfinished);
    await prepareDatabase(urls.admin);
    await migrate({ ownerUrl: urls.owner, migrations, afterMigrate });
    await client.query(`alter database ${unfinished} rename to ${name}`);
  });
  return name;
}

/** The addresses of a database on a test server. */
export function urlsOf(adminUrl: string, database: string): TestDatabaseUrls {
  const passwords = testPasswords(adminUrl);
  const url = (username?: string, password?: string): string => {
    const url = new URL(adminUrl);
    url.pathname = `/${database}`;
    if (username !== undefined) Object.assign(url, { username, password });
    return url.href;
  };
  return {
    admin: url(),
    owner: url('acci_owner', passwords.owner),
    app: url('acci_app', passwords.app),
    system: url('acci_system', passwords.system),
  };
}
