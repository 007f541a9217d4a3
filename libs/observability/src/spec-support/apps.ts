import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  InternalServerErrorException,
  Logger,
  Param,
  Post,
  Res,
  VersioningType,
} from '@nestjs/common';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { StructuredLogger } from '../log/log.js';
import { ObservabilityModule } from '../observability.module.js';
import type { ObservabilityOptions, RequestFields } from '../observability.options.js';
import { LogCapture } from '../testing.js';

export const TENANT = '0197a000-0000-7000-8000-000000000001';

/** Both adapters, for `describe.each`. */
export const ADAPTERS = [
  ['Fastify', () => new FastifyAdapter()],
  ['Express', () => new ExpressAdapter()],
] as const;

export type MakeAdapter = () => ReturnType<(typeof ADAPTERS)[number][1]>;

@Controller({ path: 'things', version: '1' })
class ThingsController {
  private readonly logger = new Logger('Things');

  @Get(':id')
  get(@Param('id') id: string): { id: string } {
    return { id };
  }

  @Post()
  @HttpCode(201)
  async make(@Body() body: unknown): Promise<unknown> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.logger.log('making a thing');
    return body;
  }

  @Get(':id/broken')
  broken(): never {
    throw new InternalServerErrorException('broken');
  }

  @Get(':id/stream')
  async stream(@Res() answer: { readonly raw?: ServerResponse } & ServerResponse): Promise<void> {
    const response = answer.raw ?? answer;
    response.setHeader('Content-Type', 'text/event-stream').flushHeaders();
    response.write('id: 1\n\n');
    await once(response, 'close');
  }

  @Get(':id/slow')
  async slow(): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return 'late';
  }
}

/** A running app with ObservabilityModule, on a real port. */
export class TestApp {
  private constructor(
    readonly nest: INestApplication,
    readonly url: string,
    readonly log: LogCapture,
  ) {}

  static async start(
    adapter: MakeAdapter,
    options: Partial<ObservabilityOptions> = {},
    modules: DynamicModule[] = [],
  ): Promise<TestApp> {
    const log = new LogCapture();
    const observability = ObservabilityModule.forRoot({
      serviceName: 'test',
      requestFields: (request) => fieldsFromHeaders('raw' in request ? request.raw : request),
      ...options,
      log: { destination: log, ...options.log },
    });
    const root = {
      module: class AppModule {},
      imports: [observability, ...modules],
      controllers: [ThingsController],
    };
    const nest = await NestFactory.create(root, adapter(), { bufferLogs: true, abortOnError: false });
    nest.useLogger(nest.get(StructuredLogger));
    nest.enableVersioning({ type: VersioningType.URI });
    await nest.listen(0, '127.0.0.1');
    return new TestApp(nest, await nest.getUrl(), log);
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url + path, init);
  }

  /** The request lines, once there are `count` of them: a line is written just after the client has its answer. */
  async requestLines(count: number): Promise<Record<string, unknown>[]> {
    for (let tries = 0; tries < 1_000; tries += 1) {
      const lines = this.log.lines.filter((line) => line['msg'] === 'request');
      if (lines.length >= count) return lines;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.log.lines.filter((line) => line['msg'] === 'request');
  }

  close(): Promise<void> {
    return this.nest.close();
  }
}

function fieldsFromHeaders({ headers }: IncomingMessage): RequestFields {
  const header = (name: string): string | undefined => headers[name]?.toString();
  return { tenant: header('x-tenant'), actor: header('x-actor'), correlation: header('x-correlation-id') };
}
