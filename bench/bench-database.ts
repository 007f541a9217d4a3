import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrations, afterMigrate } from '@acci/api';
import { Database, EmbeddedServer, migrate, tenantTable, uuidv7 } from '@acci/database';
import pg from 'pg';

/** A durable server of its own, migrated, with both ways in: ours, and a bare pool whom no policy holds back. */
export interface BenchDatabase {
  readonly database: Database;
  readonly plain: pg.Pool;
  readonly tenantId: string;
  readonly urls: EmbeddedServer['urls'];
  readonly serverVersion: string;
  /** The key of all personal data in it. */
  readonly masterKey: string;
  /** How many connections each side may hold. */
  readonly connections: number;
  /** Makes another database on the server. @returns its administrator's address. */
  createDatabase(name: string): Promise<string>;
  close(): Promise<void>;
}

const connections = 16;

/** @param settings of the server, where a benchmark needs other ones than the defaults. */
export async function openBenchDatabase(settings: Record<string, string> = {}): Promise<BenchDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'acci-bench-'));
  const server = await EmbeddedServer.start({ directory, settings });
  const { urls } = server;
  await migrate({ ownerUrl: urls.owner, migrations, afterMigrate });
  const plain = new pg.Pool({ connectionString: urls.admin, max: connections });
  // The pool closes its idle connections with the server, not before it.
  plain.on('error', () => {});
  await plain.query('create schema bench');
  await plain.query('grant usage on schema bench to acci_app, acci_system');
  await plain.query(
    'create table bench.notes (tenant_id uuid, id int, body text not null, primary key (tenant_id, id))',
  );
  for (const sql of tenantTable('bench.notes')) await plain.query(sql);
  const { rows } = await plain.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  );
  const database = await Database.connect({ urls, pool: { max: connections } });
  return {
    database,
    plain,
    tenantId: uuidv7(),
    urls,
    masterKey: randomBytes(32).toString('base64'),
    connections,
    createDatabase: async (name) => {
      await plain.query(`create database ${name}`);
      const url = new URL(urls.admin);
      url.pathname = name;
      return url.href;
    },
    serverVersion: rows[0]?.version ?? '',
    close: async () => {
      await database.close();
      await plain.end();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
