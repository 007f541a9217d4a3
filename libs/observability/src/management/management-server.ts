import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Health } from '../health/health.js';
import type { HealthReport } from '../health/health.js';
import { Metrics } from '../metrics/metrics.js';
import { MODULE_OPTIONS_TOKEN } from '../observability.options.js';
import type { ObservabilityOptions } from '../observability.options.js';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * `/metrics` and `/health/*` on a port of their own: out of reach of the API's clients, of its rate limits and of its
 * guards, and there in a worker that serves no HTTP at all. Answers until the app has closed its own server.
 *
 * @example
 * const { port } = app.get(ManagementServer);
 */
@Injectable()
export class ManagementServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private server: Server | undefined;

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: ObservabilityOptions,
    private readonly metrics: Metrics,
    private readonly health: Health,
  ) {}

  /** The port listened on; undefined when the option `managementPort` is not set. */
  get port(): number | undefined {
    const address = this.server?.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { managementPort, managementHost } = this.options;
    if (managementPort === undefined) return;
    this.server = createServer((request, response) => void this.serve(request, response));
    this.server.listen(managementPort, managementHost ?? '0.0.0.0');
    await once(this.server, 'listening');
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.server === undefined) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.answer(request).catch(() => problem(500, 'Internal Server Error'));
    response.writeHead(answer.status, { 'Content-Type': answer.type, 'Cache-Control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }

  private async answer({ method, url = '' }: IncomingMessage): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD') return problem(405, 'Method Not Allowed');
    const [path = ''] = url.split('?', 1);
    switch (path) {
      case '/metrics':
        return { status: 200, type: Registry.PROMETHEUS_CONTENT_TYPE, body: await this.metrics.text() };
      case '/health/live':
        return report(this.health.live());
      case '/health/ready':
        return report(await this.health.ready());
      default:
        return problem(404, 'Not Found');
    }
  }
}

function report({ status, type, body }: HealthReport): Answer {
  return { status, type, body: JSON.stringify(body) };
}

function problem(status: number, title: string): Answer {
  return {
    status,
    type: 'application/problem+json',
    body: JSON.stringify({ type: 'about:blank', title, status }),
  };
}
