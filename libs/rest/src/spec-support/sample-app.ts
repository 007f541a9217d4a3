import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import {
  configureApp,
  fastifyOptions,
  type OpenApiOptions,
  type RestOptions,
  setupOpenApi,
} from '../index.js';
import { Journal, SampleModule } from './sample.module.js';

export const OPENAPI: OpenApiOptions = {
  title: 'Sample API',
  description: 'Things, for tests.',
  release: '1.0.0',
  contact: { name: 'ACCI', url: 'https://acci.dev', email: 'api@acci.dev' },
  license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  tags: { Things: 'What there is.', Failures: 'What goes wrong.' },
};

export const ADAPTERS = ['fastify', 'express'] as const;

/** What a request is made of: headers as a plain object only. */
type SampleInit = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };

/** A running sample application and how to talk to it. */
export class Sample {
  constructor(
    readonly app: INestApplication,
    readonly url: string,
    readonly port: number,
  ) {}

  static async start(adapter: (typeof ADAPTERS)[number], options: RestOptions = {}): Promise<Sample> {
    const app = await NestFactory.create(
      SampleModule,
      adapter === 'fastify' ? new FastifyAdapter(fastifyOptions()) : new ExpressAdapter(),
      { logger: false },
    );
    configureApp(app, options);
    setupOpenApi(app, OPENAPI);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new Sample(app, `http://127.0.0.1:${port}`, port);
  }

  get journal(): Journal {
    return this.app.get(Journal);
  }

  fetch(path: string, init: SampleInit = {}): Promise<Response> {
    return fetch(this.url + path, { ...init, headers: { Authorization: 'Bearer alice', ...init.headers } });
  }

  send(method: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, {
      method,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', ...headers },
    });
  }
}
