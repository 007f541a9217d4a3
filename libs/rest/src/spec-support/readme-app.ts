import { Body, Controller, Injectable, Module, Post, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import {
  type AnyResponse,
  configureApp,
  Ctx,
  fastifyOptions,
  type RequestContext,
  RequirePermission,
  RestModule,
  Returns,
  setETag,
  setEventPosition,
  setupOpenApi,
} from '../index.js';
import { OPENAPI } from './sample-app.js';

@Injectable()
class Things {
  async create(_ctx: RequestContext, _name: string) {
    return { id: '018f3c9e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', version: 1, position: '1.7421.98' };
  }
}

// README begins
const Thing = z.object({ id: z.uuid(), name: z.string(), version: z.int() }).meta({ id: 'Thing' });
const CreateThing = z
  .object({ name: z.string().min(1) })
  .meta({ id: 'CreateThing', example: { name: 'lamp' } });

@ApiTags('Things')
@Controller({ path: 'things', version: '1' })
class ThingController {
  constructor(private readonly things: Things) {}

  @Returns(Thing, { status: 201, description: 'The new thing.' })
  @ApiOperation({ summary: 'Create a thing' })
  @RequirePermission('shop.things.create')
  @Post()
  async create(
    @Ctx() ctx: RequestContext,
    @Body({ schema: CreateThing }) body: z.infer<typeof CreateThing>,
    @Res({ passthrough: true }) response: AnyResponse,
  ) {
    const { id, version, position } = await this.things.create(ctx, body.name);
    setETag(response, version);
    setEventPosition(response, position);
    return { id, name: body.name, version };
  }
}

@Module({ imports: [RestModule.forRoot({})], controllers: [ThingController], providers: [Things] })
class AppModule {}
// README ends

/** Runs what the README shows. */
export async function startReadmeApp() {
  const app = await NestFactory.create(AppModule, new FastifyAdapter(fastifyOptions()), { logger: false });
  configureApp(app);
  setupOpenApi(app, OPENAPI);
  await app.listen(0, '127.0.0.1');
  return app;
}
