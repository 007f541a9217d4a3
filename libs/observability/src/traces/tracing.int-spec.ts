import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { tracingChannel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Controller, Headers, Post } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import { ADAPTERS, TENANT, TestApp } from '../spec-support/apps.js';
import { OPERATION_KINDS } from '../operations/operations.js';

interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: {
    readonly resourceSpans: readonly {
      readonly resource: { readonly attributes: ReceivedSpan['attributes'] };
      readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[];
    }[];
  };
}

const operation = (name: string): object => ({ name, attributes: { 'acci.tenant': TENANT } });

/** Does what the libs do: nested operations on the tracing channels. */
@Controller('orders')
class OrdersController {
  @Post()
  async place(@Headers('traceparent') traceparent: string): Promise<{ traceparent: string }> {
    const append = { name: 'append orders.order', attributes: { 'acci.tenant': TENANT, 'acci.events': 2 } };
    await tracingChannel('acci:command').tracePromise(async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await tracingChannel('acci:append').tracePromise(async () => {}, append);
      tracingChannel('acci:query').traceSync(() => 1, { name: 'GetOrder' });
      const refused = Object.assign(new Error('ada@example.org is taken'), { code: 'orders.order.taken' });
      await tracingChannel('acci:transaction')
        .tracePromise(() => Promise.reject(refused), operation('transaction'))
        .catch(() => {});
    }, operation('PlaceOrder'));
    return { traceparent };
  }
}

const orders: DynamicModule = { module: class OrdersModule {}, controllers: [OrdersController] };
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function attributes(list: ReceivedSpan['attributes']): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));
}

describe.each(ADAPTERS)('traces on %s', (_name, adapter) => {
  let receiver: ChildProcess;
  let endpoint: string;
  const received: Received[] = [];
  beforeAll(async () => {
    receiver = fork(fileURLToPath(new URL('../spec-support/otlp-receiver.mjs', import.meta.url)), {
      execArgv: [],
    });
    const [{ port }] = (await once(receiver, 'message')) as [{ port: number }];
    endpoint = `http://127.0.0.1:${port}`;
    receiver.on('message', (message: Received) => received.push(message));
  });
  beforeEach(() => {
    received.length = 0;
  });
  afterAll(async () => {
    receiver.kill();
    await once(receiver, 'exit');
  });

  const spans = (): ReceivedSpan[] =>
    received.flatMap(({ body }) =>
      body.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => [...s.spans])),
    );

  /** Closes the app, which sends its spans, and waits until the receiver has passed on all `count` of them. */
  async function closeAndReceive(app: TestApp, count: number): Promise<ReceivedSpan[]> {
    await app.close();
    while (spans().length < count) await new Promise((resolve) => setTimeout(resolve, 10));
    return spans();
  }

  it("sends a request's span and, below it, those of its operations, tagged with the tenant", async () => {
    const app = await TestApp.start(adapter, { otlpEndpoint: endpoint, otlpHeaders: { 'x-api-key': 'k' } }, [
      orders,
    ]);
    const headers = {
      traceparent,
      'x-tenant': TENANT,
      'x-correlation-id': 'c-1',
      'content-type': 'application/json',
    };
    const response = await app.fetch('/orders', { method: 'POST', headers, body: '{"a":1}' });
    expect(response.status).toBe(201);
    const seen = (await response.json()) as { traceparent: string };
    const [line] = await app.requestLines(1);
    const byName = new Map((await closeAndReceive(app, 5)).map((span) => [span.name, span]));

    expect(received[0]).toMatchObject({ path: '/v1/traces', headers: { 'x-api-key': 'k' } });
    expect(attributes(received[0]?.body.resourceSpans[0]?.resource.attributes ?? [])).toMatchObject({
      'service.name': 'test',
    });
    const http = byName.get('POST /orders');
    const command = byName.get('PlaceOrder');
    expect(http).toMatchObject({
      traceId: traceparent.split('-')[1],
      parentSpanId: 'b7ad6b7169203331',
      kind: 2,
    });
    expect(line).toMatchObject({ traceId: http?.traceId });
    expect(attributes(http?.attributes ?? [])).toEqual({
      'http.request.method': 'POST',
      'http.route': '/orders',
      'http.response.status_code': 201,
      'acci.tenant': TENANT,
      'acci.correlation': 'c-1',
    });
    expect(seen.traceparent).toBe(`00-${http?.traceId}-${http?.spanId}-01`);
    expect(response.headers.get('traceparent')).toBe(seen.traceparent);
    expect(command?.parentSpanId).toBe(http?.spanId);
    expect(attributes(command?.attributes ?? [])).toEqual({
      'acci.operation': 'command',
      'acci.tenant': TENANT,
    });
    for (const name of ['append orders.order', 'GetOrder', 'transaction']) {
      const span = byName.get(name);
      expect(span?.parentSpanId).toBe(command?.spanId);
      expect(span?.traceId).toBe(http?.traceId);
      expect(attributes(span?.attributes ?? [])['acci.tenant']).toBe(TENANT);
    }
    expect(attributes(byName.get('append orders.order')?.attributes ?? [])['acci.events']).toBe(2);
    const failed = byName.get('transaction');
    expect(failed?.status).toEqual({ code: 2 });
    expect(attributes(failed?.attributes ?? [])['error.type']).toBe('orders.order.taken');
    expect(JSON.stringify(received)).not.toContain('ada@example.org');
  });

  it('begins a trace for an operation outside a request, but not for a transaction by itself', async () => {
    const app = await TestApp.start(adapter, { otlpEndpoint: endpoint });
    for (const kind of OPERATION_KINDS) {
      await tracingChannel(`acci:${kind}`).tracePromise(async () => {}, operation(kind));
    }
    const sent = await closeAndReceive(app, 5);
    expect(sent.map(({ name }) => name)).toEqual(['command', 'query', 'append', 'snapshot', 'projection']);
    expect(new Set(sent.map(({ traceId }) => traceId)).size).toBe(5);
  });

  it('keeps no trace at a sample ratio of 0, unless the caller traces', async () => {
    const app = await TestApp.start(adapter, { otlpEndpoint: endpoint, traceSampleRatio: 0 });
    await app.fetch('/v1/things/1');
    await app.fetch('/v1/things/1', { headers: { traceparent } });
    await app.requestLines(2);
    const sent = await closeAndReceive(app, 1);
    expect(sent.map(({ traceId }) => traceId)).toEqual([traceparent.split('-')[1]]);
  });
});

it('sets nothing up when no collector is configured', async () => {
  const app = await TestApp.start(ADAPTERS[0][1]);
  await app.fetch('/v1/things/1');
  expect((await app.requestLines(1))[0]).not.toHaveProperty('traceId');
  expect(trace.getTracer('any').startSpan('any').isRecording()).toBe(false);
  await app.close();
});

it('shuts down in time when the collector is away', async () => {
  const app = await TestApp.start(ADAPTERS[0][1], { otlpEndpoint: 'http://127.0.0.1:9' });
  await app.fetch('/v1/things/1');
  await app.requestLines(1);
  const before = performance.now();
  await app.close();
  expect(performance.now() - before).toBeLessThan(5_000);
});
