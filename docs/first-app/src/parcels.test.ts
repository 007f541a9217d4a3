import { deepEqual, equal } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { TestDatabase } from '@acci/database/testing';
import { drain } from '@acci/projections/testing';
import { configureApp } from '@acci/rest';
import { readProblem } from '@acci/rest/testing';
import { createTenants } from '@acci/tenancy/testing';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule, databaseContent } from './app.module.js';

let database: TestDatabase;
let app: INestApplication;

before(async () => {
  database = await TestDatabase.create(databaseContent);
  app = await NestFactory.create(AppModule.forRoot(database.urls), { logger: ['error'] });
  configureApp(app);
  await app.listen(0, '127.0.0.1');
});

after(async () => {
  await app?.close();
  await database?.close();
});

async function call(tenantId: string, method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${await app.getUrl()}/v1/${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', 'X-Tenant-Id': tenantId },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

test('a parcel is registered, delivered and listed, and no other tenant sees it', async () => {
  const [ours = '', theirs = ''] = await createTenants(app, 2);
  const registered = await call(ours, 'POST', 'parcels', { trackingNumber: 'JD-1', recipient: 'Ada' });
  equal(registered.status, 201);
  const { id } = (await registered.json()) as { id: string };
  equal((await call(ours, 'POST', `parcels/${id}/deliver`, { signedBy: 'Ada' })).status, 200);
  await drain(app);

  deepEqual(await (await call(ours, 'GET', 'parcels')).json(), {
    items: [{ id, trackingNumber: 'JD-1', recipient: 'Ada', delivered: true }],
  });
  deepEqual(await (await call(theirs, 'GET', 'parcels')).json(), { items: [] });
  equal((await call(theirs, 'POST', `parcels/${id}/deliver`, { signedBy: 'Eve' })).status, 404);
});

test('a tracking number is unique in a tenant', async () => {
  const [ours = '', theirs = ''] = await createTenants(app, 2);
  const parcel = { trackingNumber: 'JD-2', recipient: 'Ada' };
  equal((await call(ours, 'POST', 'parcels', parcel)).status, 201);
  const problem = await readProblem(await call(ours, 'POST', 'parcels', parcel));
  equal(problem.code, 'shipping.parcel.tracking_number_taken');
  equal((await call(theirs, 'POST', 'parcels', parcel)).status, 201);
});

test('a tenant that nobody made is refused', async () => {
  const problem = await readProblem(await call(randomUUID(), 'GET', 'parcels'));
  equal(problem.code, 'tenancy.tenant.unknown');
});
