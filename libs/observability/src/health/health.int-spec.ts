import type { DynamicModule } from '@nestjs/common';
import { ADAPTERS, TestApp } from '../spec-support/apps.js';
import { ManagementServer } from '../management/management-server.js';
import { DuplicateHealthCheck, HEALTH_CHECKS } from './health.js';
import type { HealthCheck } from './health.js';

class ProjectionHalted extends Error {
  readonly code = 'projections.projection.halted';
  readonly kind = 'unavailable';
}

function checks(name: string, ...list: HealthCheck[]): DynamicModule {
  const module = { [name]: class {} }[name] as DynamicModule['module'];
  return { module, providers: [{ provide: HEALTH_CHECKS, useValue: list }] };
}

describe.each(ADAPTERS)('health on %s', (_name, adapter) => {
  let database: () => Promise<{ pool: number }>;
  let projections: () => Promise<void>;
  let app: TestApp;
  beforeEach(async () => {
    database = async () => ({ pool: 2 });
    projections = async () => {};
    app = await TestApp.start(adapter, { healthTimeoutMs: 100 }, [
      checks('DatabaseFeature', { name: 'database', check: () => database() }),
      checks('ProjectionsFeature', { name: 'projections', check: () => projections() }),
    ]);
  });
  afterEach(() => app.close());

  it('is live', async () => {
    const response = await app.fetch('/health/live');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok', info: {}, error: {}, details: {} });
  });

  it('is ready when the checks of every module hold', async () => {
    const response = await app.fetch('/health/ready');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({
      status: 'ok',
      details: { database: { status: 'up', pool: 2 }, projections: { status: 'up' } },
    });
  });

  it('answers 503, as a problem, when one fails, and keeps what was not meant for the outside', async () => {
    database = () => Promise.reject(new Error('password authentication failed for user "acci_app"'));
    projections = () => Promise.reject(new ProjectionHalted('The projection directory is halted.'));
    const response = await app.fetch('/health/ready');
    expect(response.status).toBe(503);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const down = { status: 'down', responseTime: expect.any(Number) };
    expect(await response.json()).toMatchObject({
      title: 'Service Unavailable',
      status: 503,
      code: 'health.not_ready',
      detail: 'Not ready: database, projections',
      error: {
        database: { ...down, message: 'The check failed; the log says why.' },
        projections: { ...down, message: 'The projection directory is halted.' },
      },
    });
    expect(app.log.written.join('')).toContain('password authentication failed');
  });

  it('bounds each check by the timeout', async () => {
    database = () => new Promise(() => {});
    const response = await app.fetch('/health/ready');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      error: { database: { message: 'timeout of 100ms exceeded' } },
    });
  });

  it('is ready again afterwards, and logs the changes, not each probe', async () => {
    database = () => Promise.reject(new Error('away'));
    await app.fetch('/health/ready');
    await app.fetch('/health/ready');
    database = async () => ({ pool: 1 });
    expect((await app.fetch('/health/ready')).status).toBe(200);
    const messages = app.log.lines.filter((line) => line['context'] === 'Health').map((line) => line['msg']);
    expect(messages).toEqual(['Health check database failed', 'Health check database holds again']);
  });

  it('is not ready from the moment a shutdown begins, while requests in flight are still served', async () => {
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    const httpAdapter = adapter();
    const beforeClose = httpAdapter.beforeClose.bind(httpAdapter);
    Object.assign(httpAdapter, { beforeClose: () => drained.then(beforeClose) });
    const options = { managementPort: 0, managementHost: '127.0.0.1' };
    const draining = await TestApp.start(() => httpAdapter, options);
    const { port } = draining.nest.get(ManagementServer);
    const ready = () => fetch(`http://127.0.0.1:${port}/health/ready`);
    expect((await ready()).status).toBe(200);
    const closed = draining.close();
    const answer = await ready();
    expect([answer.status, await answer.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'health.shutting_down' }),
    ]);
    resolve();
    await closed;
  });

  it('refuses two checks of one name', async () => {
    const check: HealthCheck = { name: 'database', check: async () => {} };
    await expect(TestApp.start(adapter, {}, [checks('A', check), checks('B', check)])).rejects.toThrow(
      DuplicateHealthCheck,
    );
  });
});
