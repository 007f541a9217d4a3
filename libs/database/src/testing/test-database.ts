import { randomBytes } from 'node:crypto';
import { Pool, type QueryResultRow } from 'pg';
import { Database, type DatabaseOptions } from '../database.js';
import { prepareDatabase } from '../roles.js';
import { announcedTestServer, openTestServer, type TestServer, withClient } from './test-server.js';
import { ensureTemplate, type TemplateContent, type TestDatabaseUrls, urlsOf } from './template.js';

/** What {@link TestDatabase.create} makes. */
export interface TestDatabaseOptions extends TemplateContent, Pick<DatabaseOptions, 'entities' | 'pool'> {}

/**
 * A database of its own for a test file, on a real PostgreSQL: copied from a template in which the migrations ran
 * once, so that it takes some tens of milliseconds, and test files can run in parallel.
 *
 * @example
 * let db: TestDatabase;
 * beforeAll(async () => {
 *   db = await TestDatabase.create({ migrations: [...databaseMigrations, ...shopMigrations] });
 * });
 * afterAll(() => db.close());
 *
 * it('keeps tenants apart', async () => {
 *   await db.database.queryInTenant(tenantA, 'insert into shop.orders …');
 *   expect(await db.database.queryInTenant(tenantB, 'select * from shop.orders')).toEqual([]);
 * });
 */
export class TestDatabase {
  /** Connected as the runtime roles, as an application is. */
  readonly database: Database;
  readonly urls: TestDatabaseUrls;

  private readonly name: string;
  private readonly server: TestServer;
  private readonly administrator: Pool;
  private closing: Promise<void> | undefined;

  private constructor(name: string, server: TestServer, urls: TestDatabaseUrls, database: Database) {
    this.name = name;
    this.server = server;
    this.urls = urls;
    this.database = database;
    this.administrator = new Pool({
      connectionString: urls.admin,
      max: 2,
      application_name: 'acci_test_admin',
    });
    // A test may break connections on purpose; an idle one that breaks must not end the process.
    this.administrator.on('error', () => {});
  }

  /**
   * Makes a fresh database. On the server that `startTestServer` announced if it ran, and else on an embedded
   * server that starts for the first of them and ends after the last is closed.
   */
  static async create(options: TestDatabaseOptions): Promise<TestDatabase> {
    const server = await shared.open();
    try {
      const template = await ensureTemplate(server, options);
      const name = `acci_test_${server.run}_${randomBytes(6).toString('hex')}`;
      await withClient(server.adminUrl, async (client) => {
        await client.query(`create database ${name} template ${template}`);
      });
      const urls = urlsOf(server.adminUrl, name);
      await prepareDatabase(urls.admin);
      const database = await Database.connect({ urls, entities: options.entities, pool: options.pool });
      return new TestDatabase(name, server, urls, database);
    } catch (error) {
      await shared.close();
      throw error;
    }
  }

  /** Asks the database as its administrator, whom no policy holds back: to arrange a test and to look behind it. */
  async admin<R extends object = Record<string, unknown>>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<R[]> {
    const { rows } = await this.administrator.query<R & QueryResultRow>(sql, [...values]);
    return rows;
  }

  /** Closes all connections and drops the database, even while others are still connected to it. */
  async close(): Promise<void> {
    this.closing ??= this.drop();
    await this.closing;
  }

  private async drop(): Promise<void> {
    await Promise.all([this.database.close(), this.administrator.end()]);
    await withClient(this.server.adminUrl, async (client) => {
      await client.query(`drop database if exists ${this.name} with (force)`);
    });
    await shared.close();
  }
}

/** The server of this module's test databases: the announced one, or our own while any of them is open. */
class SharedServer {
  private users = 0;
  private server: Promise<TestServer> | undefined;

  open(): Promise<TestServer> {
    const announced = announcedTestServer();
    this.users += 1;
    this.server ??= announced ? Promise.resolve(announced) : openTestServer();
    return this.server;
  }

  async close(): Promise<void> {
    this.users -= 1;
    if (this.users > 0) return;
    const { server } = this;
    this.server = undefined;
    await (await server)?.stop();
  }
}

const shared = new SharedServer();
