import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestDatabase } from '@acci/database/testing';
import { configureApp, fastifyOptions } from '@acci/rest';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FirstOperatorBootstrap, OperatorKeyBootstrap } from './index.js';
import { AuthServer } from './spec-support/auth-app.js';
import { HouseModule, migrations } from './spec-support/readme-example.js';
import { issueKey } from './testing.js';

describe('README.md', () => {
  it('shows the module that runs here', async () => {
    const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
    const example = await readFile(join(import.meta.dirname, 'spec-support/readme-example.ts'), 'utf8');
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\`\n`);
  });

  it('shows what works', async () => {
    const db = await TestDatabase.create({ migrations });
    const folder = await mkdtemp(join(tmpdir(), 'acci-auth-'));
    const app = await NestFactory.create(
      HouseModule.forRoot(db.urls, join(folder, 'master-key')),
      new FastifyAdapter(fastifyOptions()),
      { logger: false, abortOnError: false },
    );
    configureApp(app);
    await app.listen(0, '127.0.0.1');
    const server = AuthServer.at(app, (app.getHttpServer().address() as AddressInfo).port);

    const { key } = await app.get(OperatorKeyBootstrap).run();
    expect((await server.send('GET', '/v1/doors/locked', key)).status).toBe(200);
    const { setUpLink = '' } = await app.get(FirstOperatorBootstrap).run();
    const token = new URL(setUpLink).hash.replace('#token=', '');
    const operator = { email: 'ada@example.com', password: 'nine plum trees in a row' };
    await server.send('POST', '/v1/auth/set-up:confirm', undefined, { token, ...operator });
    const { body } = await server.send('POST', '/v1/auth/login', undefined, {
      tenant: 'platform',
      login: operator.email,
      password: operator.password,
    });
    const opened = await server.send('GET', '/v1/doors/locked', body.token);
    expect(opened.body).toEqual({ openedBy: `user:${body.userId}`, of: body.tenantId });
    const limited = await issueKey(app, { permissions: ['house.*'] });
    expect((await server.send('GET', '/v1/doors/locked', limited.key)).status).toBe(200);
    expect((await server.send('GET', '/v1/users', limited.key)).status).toBe(403);

    await app.close();
    await db.close();
    await rm(folder, { recursive: true });
  });
});
