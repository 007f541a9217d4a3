import { NestFactory } from '@nestjs/core';
import { ObservabilityModule } from '../observability.module.js';
import { ADAPTERS, TestApp } from '../spec-support/apps.js';
import { LogCapture } from '../testing.js';
import { ManagementServer } from './management-server.js';

const options = { managementPort: 0, managementHost: '127.0.0.1' };

async function statuses(origin: string): Promise<Record<string, number>> {
  const result: Record<string, number> = {};
  for (const path of ['/metrics', '/health/live', '/health/ready', '/v1/things/1']) {
    result[path] = (await fetch(origin + path)).status;
  }
  return result;
}

describe.each(ADAPTERS)('the management port beside %s', (_name, adapter) => {
  it("serves metrics and health, which the app's port then doesn't", async () => {
    const app = await TestApp.start(adapter, options);
    const { port } = app.nest.get(ManagementServer);
    expect(await statuses(`http://127.0.0.1:${port}`)).toEqual({
      '/metrics': 200,
      '/health/live': 200,
      '/health/ready': 200,
      '/v1/things/1': 404,
    });
    expect(await statuses(app.url)).toEqual({
      '/metrics': 404,
      '/health/live': 404,
      '/health/ready': 404,
      '/v1/things/1': 200,
    });
    await app.close();
    await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow();
  });
});

it('serves an app without HTTP of its own, and refuses what it does not know', async () => {
  const observability = ObservabilityModule.forRootAsync({
    useFactory: () => ({ serviceName: 'worker', log: { destination: new LogCapture() }, ...options }),
  });
  const root = { module: class WorkerModule {}, imports: [observability] };
  const worker = await NestFactory.createApplicationContext(root, { logger: false });
  const origin = `http://127.0.0.1:${worker.get(ManagementServer).port}`;
  const ready = await fetch(`${origin}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([200, expect.objectContaining({ status: 'ok' })]);
  expect(await (await fetch(`${origin}/metrics`)).text()).toContain('acci_appended_events_total 0');
  expect((await fetch(`${origin}/metrics`, { method: 'POST' })).status).toBe(405);
  expect((await fetch(`${origin}//`)).status).toBe(404);
  const head = await fetch(`${origin}/health/live`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  await worker.close();
});
