import { spawnSync } from 'node:child_process';
import { tracingChannel } from 'node:diagnostics_channel';
import { get, type IncomingMessage } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { register } from 'prom-client';
import { ADAPTERS, TENANT, TestApp } from '../spec-support/apps.js';
import { lintMetrics } from '../spec-support/lint-metrics.js';
import { GAUGES } from './gauges.js';
import type { GaugeSource } from './gauges.js';
import { makeCounterProvider } from './prometheus.js';

const gauges: GaugeSource[] = [
  {
    name: 'acci_pool_connections',
    help: 'Database connections of a pool, by what they do.',
    labelNames: ['pool', 'state'],
    collect: () => [
      { labels: { pool: 'app', state: 'idle' }, value: 3 },
      { labels: { pool: 'app', state: 'busy' }, value: 1 },
    ],
  },
  {
    name: 'acci_projection_lag_seconds',
    help: 'Age of the oldest event a projection has not handled.',
    labelNames: ['projection'],
    collect: async () => [{ labels: { projection: 'directory' }, value: 1.5 }],
  },
  {
    name: 'acci_broken_bytes',
    help: 'Fails at once.',
    collect: () => {
      throw new Error('no value');
    },
  },
  {
    name: 'acci_broken_ratio',
    help: 'Fails half way.',
    labelNames: ['half'],
    collect: () => {
      const halves: Record<string, string>[] = [{ half: 'first' }, { third: 'second' }];
      return halves.map((labels) => ({ labels, value: 1 }));
    },
  },
];

const feature: DynamicModule = {
  module: class FeatureModule {},
  providers: [
    { provide: GAUGES, useValue: gauges },
    makeCounterProvider({ name: 'orders_placed_total', help: 'Orders placed, a metric of the app itself.' }),
  ],
};

describe.each(ADAPTERS)('/metrics on %s', (_name, adapter) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start(adapter, {}, [feature]);
    for (const path of ['/v1/things/1', '/v1/things/2', '/nowhere/3'])
      await app.fetch(path, { headers: { 'x-tenant': TENANT } });
    await app.requestLines(3);
    const operation = { name: 'tenancy.tenant', attributes: { 'acci.tenant': TENANT, 'acci.events': 3 } };
    await tracingChannel('acci:append').tracePromise(async () => {}, operation);
    const failure = { name: 'CreateTenant', attributes: { 'acci.tenant': TENANT } };
    await tracingChannel('acci:command')
      .tracePromise(() => Promise.reject(new Error('no')), failure)
      .catch(() => {});
    tracingChannel('acci:query').traceSync(() => 1, { name: 'GetTenant' });
  });
  afterAll(async () => {
    await app.close();
    register.clear();
  });

  async function metrics(): Promise<string> {
    const response = await app.fetch('/metrics');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    return response.text();
  }

  it('counts requests by route pattern, never by path', async () => {
    const text = await metrics();
    const count = 'acci_http_request_duration_seconds_count';
    expect(text).toContain(`${count}{method="GET",route="/v1/things/:id",status="200"} 2`);
    expect(text).toContain(`${count}{method="GET",route="unmatched",status="404"} 1`);
    expect(text).not.toContain('/nowhere');
    expect(text).not.toContain(TENANT);
  });

  it('counts live streams while they are open, and does not take their life for the time of an answer', async () => {
    const path = '/v1/things/:id/stream';
    const open = (id: number) =>
      new Promise<IncomingMessage>((resolve) =>
        get(`${app.url}/v1/things/${id}/stream`, { agent: false }, resolve),
      );
    const streams = await Promise.all([open(1), open(2)]);
    expect(await metrics()).toContain(`acci_http_streams_open{route="${path}"} 2`);
    for (const stream of streams) stream.destroy();
    let text = await metrics();
    while (text.includes(`{route="${path}"}`)) text = await metrics();
    expect(text).not.toContain(path);
  });

  it("measures the libs' operations through their tracing channels", async () => {
    const text = await metrics();
    expect(text).toContain('acci_appended_events_total 3');
    expect(text).toContain('acci_append_duration_seconds_count{name="tenancy.tenant",outcome="ok"} 1');
    expect(text).toContain('acci_command_duration_seconds_count{name="CreateTenant",outcome="error"} 1');
    expect(text).toContain('acci_query_duration_seconds_count{name="GetTenant",outcome="ok"} 1');
  });

  it("asks the app's gauges at each scrape, and survives one that fails", async () => {
    const text = await metrics();
    expect(text).toContain('acci_pool_connections{pool="app",state="idle"} 3');
    expect(text).toContain('acci_projection_lag_seconds{projection="directory"} 1.5');
    expect(text).not.toMatch(/^acci_broken_/m);
    expect(await metrics()).toMatch(/acci_scrape_failures_total\{metric="acci_broken_bytes"\} \d/);
  });

  it("has the process' metrics, the event loop's lag and the app's own", async () => {
    const text = await metrics();
    expect(text).toMatch(/^process_cpu_seconds_total \d/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
    expect(text).toContain('orders_placed_total 0');
  });

  it('keeps to the naming rules that promtool checks', async () => {
    expect(lintMetrics(await metrics())).toEqual([]);
  });

  it('passes promtool, where it is installed, and it must be in CI', async () => {
    const result = spawnSync('promtool', ['check', 'metrics'], { input: await metrics(), encoding: 'utf8' });
    if (result.error !== undefined) {
      // Without promtool (Debian: `apt install prometheus`) the rules above have to do, except in CI.
      expect(process.env['CI']).toBeUndefined();
      return;
    }
    expect({ output: result.stdout + result.stderr, status: result.status }).toEqual({
      output: '',
      status: 0,
    });
  });
});

it('refuses to start when a metric of the app has the name of one of ours', async () => {
  const clash: DynamicModule = {
    module: class ClashModule {},
    providers: [makeCounterProvider({ name: 'acci_appended_events_total', help: 'Mine.' })],
  };
  await expect(TestApp.start(ADAPTERS[0][1], {}, [clash])).rejects.toThrow(/acci_appended_events_total/);
  register.clear();
});
