import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { announce } from './protocol.ts';

// The least that could answer: Nest on Fastify, a pool, the same SQL by hand. No tenant isolation, no validation, no
// authentication, no log.
const pool = new pg.Pool({ connectionString: process.env['BARE_DATABASE_URL'], max: 10 });
const platform = '00000000-0000-7000-8000-000000000000';

// The same as @acci/tenancy asks, column for column.
const time = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const selectTenant = `select id, slug, name, plan, home_region as "homeRegion", settings, parent_id as "parentId", status,
  suspension_reason as "suspensionReason", deletion_reason as "deletionReason",
  ${time('deletion_due_at')} as "deletionDueAt", version, ${time('created_at')} as "createdAt",
  ${time('updated_at')} as "updatedAt" from acci.tenant_directory where tenant_id = $1 and id = $2`;
const insertEvent = `insert into acci.events
  (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
  values ($1, 'tenancy.tenant', $2, 1, $3, 'tenancy.tenant.created', 1, $4, $5)`;
const insertClaim = `insert into acci.unique_claims (tenant_id, scope, value, stream_id)
  values ($1, 'tenancy.tenant.slug', $2, $3)`;
const insertRow = `insert into acci.tenant_directory
  (tenant_id, id, slug, name, plan, home_region, settings, status, version, created_at, updated_at)
  values ($1, $2, $3, $4, 'free', 'eu', '{}', 'active', 1, now(), now())`;

class BareController {
  async get(id: string): Promise<unknown> {
    const { rows } = await pool.query({ name: 'get', text: selectTenant, values: [platform, id] });
    return rows[0];
  }

  async create({ slug, name }: { slug: string; name: string }): Promise<unknown> {
    const id = randomUUID();
    const data = JSON.stringify({ slug, name, plan: 'free', homeRegion: 'eu', settings: {}, parentId: null });
    const metadata = JSON.stringify({ actor: 'bench', correlationId: id });
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query({ name: 'claim', text: insertClaim, values: [platform, slug, id] });
      await client.query({
        name: 'event',
        text: insertEvent,
        values: [platform, id, randomUUID(), data, metadata],
      });
      await client.query({ name: 'row', text: insertRow, values: [platform, id, slug, name] });
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
    return { id, version: 1 };
  }
}

// Node strips types but does not know decorators; these are the same calls that a compiler makes of them.
const { prototype } = BareController;
const method = (name: keyof BareController) =>
  Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
Get(':id')(prototype, 'get', method('get'));
Param('id')(prototype, 'get', 0);
Post()(prototype, 'create', method('create'));
HttpCode(201)(prototype, 'create', method('create'));
Body()(prototype, 'create', 0);
Controller('v1/tenants')(BareController);

class BareModule {}
Module({ controllers: [BareController] })(BareModule);

const app = await NestFactory.create<NestFastifyApplication>(BareModule, new FastifyAdapter(), {
  logger: false,
});
await app.listen(0, '127.0.0.1');
announce(Number(new URL(await app.getUrl()).port));
