import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi, migrations, afterMigrate, readConfig } from '@acci/api';
import { OperatorKeyBootstrap } from '@acci/auth';
import { TestDatabase } from '@acci/database/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The real API, composed as `npm start` composes it, on a database of its own. */
export class ApiUnderTest {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly db: TestDatabase,
    readonly url: string,
    /** A platform operator's key. */
    readonly operatorKey: string,
    /** Where it keeps files, such as the mails that it sends: below `mail`. */
    readonly dataDir: string,
  ) {}

  /** @param environment further variables, as `docs/configuration.md` lists them. */
  static async start(environment: Record<string, string> = {}): Promise<ApiUnderTest> {
    const db = await TestDatabase.create({ migrations, afterMigrate });
    const operatorKey = randomBytes(32).toString('hex');
    const dataDir = await mkdtemp(join(tmpdir(), 'acci-api-'));
    const config = readConfig({
      ACCI_DATA_DIR: dataDir,
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      ACCI_OPERATOR_KEY: operatorKey,
      ACCI_MASTER_KEY: randomBytes(32).toString('base64'),
      DATABASE_URL: db.urls.app,
      DATABASE_SYSTEM_URL: db.urls.system,
      DATABASE_OWNER_URL: db.urls.owner,
      ACCI_RATE_LIMIT_PER_MINUTE: '1000000',
      ...environment,
    });
    const app = await createApi(config, { urls: db.urls });
    await app.init();
    await app.get(OperatorKeyBootstrap).run();
    await app.listen(0, '127.0.0.1');
    return new ApiUnderTest(app, db, await app.getUrl(), operatorKey, dataDir);
  }

  /** Asks as the operator, unless headers say otherwise. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${this.operatorKey}`);
    if (init.body !== undefined && !headers.has('content-type'))
      headers.set('content-type', 'application/json');
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.db.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
