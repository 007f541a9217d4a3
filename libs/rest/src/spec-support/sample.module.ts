import {
  Body,
  Controller,
  Delete,
  Get,
  Global,
  Injectable,
  Module,
  NotFoundException,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { type CanActivate, type ExecutionContext, HttpCode } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import {
  accessOf,
  ApiProblems,
  BodyStream,
  Ctx,
  cutPage,
  decodeCursor,
  encodeCursor,
  HttpProblem,
  IfMatch,
  NeverKept,
  page,
  pageQuery,
  pageSchema,
  Public,
  RequirePermission,
  type AnyRequest,
  type AnyResponse,
  type RequestContext,
  RestModule,
  type RestOptions,
  Returns,
  setETag,
  setEventPosition,
  RateLimited,
  setIdentity,
  ShownOnce,
  Streamed,
} from '../index.js';

export const TENANT = '018f3c9e-7a2b-7c3d-8e4f-5a6b7c8d9e0f';

const ThingSettings = z.object({ color: z.string().default('red') }).meta({ id: 'ThingSettings' });
export const CreateThing = z
  .object({
    name: z.string().min(1).max(50),
    tags: z.array(z.string().max(3)).default([]),
    settings: ThingSettings.optional(),
  })
  .meta({ id: 'CreateThing', example: { name: 'lamp' } });
export const Thing = z
  .object({ id: z.string(), name: z.string(), version: z.int(), settings: ThingSettings.optional() })
  .meta({ id: 'Thing', description: 'A thing.', example: { id: '1', name: 'lamp', version: 1 } });
type Thing = z.infer<typeof Thing>;
const ThingPage = pageSchema(Thing, 'ThingPage');
const ListThings = pageQuery({ default: 2, max: 5 }).extend({ name: z.string().optional() });

export class DomainError extends Error {
  constructor(
    readonly code: string,
    readonly kind: string,
    message: string,
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** What the handlers did, for tests to look at. */
@Injectable()
export class Journal {
  created = 0;
  /** What the next creations wait for. */
  gate: Promise<void> | undefined;
  /** Slow requests that have come, and those that were done. */
  begun = 0;
  finished = 0;
  contexts: RequestContext[] = [];
  /** The positions that reads waited for. */
  positions: string[] = [];
}

@ApiTags('Things')
@Controller({ path: 'things', version: '1' })
export class ThingController {
  private passwordsSet = 0;

  constructor(private readonly journal: Journal) {}

  @Returns(ThingPage, { description: 'A page of things.' })
  @ApiOperation({ summary: 'List things' })
  @RequirePermission('sample.things.read')
  @Get()
  list(
    @Query({ schema: ListThings }) query: z.infer<typeof ListThings>,
    @Res({ passthrough: true }) response: AnyResponse,
  ) {
    const after = decodeCursor(query.cursor, z.tuple([z.int()])) ?? [0];
    const rows = [1, 2, 3, 4, 5].filter((id) => id > after[0]).slice(0, query.limit + 1);
    const { items, next } = cutPage(rows, query.limit, (id) => encodeCursor([id]));
    return page(
      response,
      items.map((id) => ({ id: String(id), name: `thing ${id}`, version: 1, secret: 'x' })),
      next,
    );
  }

  @Returns(Thing, { description: 'The thing.' })
  @ApiOperation({ summary: 'Get a thing' })
  @RequirePermission('sample.things.read')
  @Get(':id')
  get(@Param('id') id: string, @Res({ passthrough: true }) response: AnyResponse): Thing {
    if (id === 'missing') throw new NotFoundException('There is no such thing.');
    setETag(response, 7);
    return { id, name: 'lamp', version: 7, secret: 'never leaves' } as Thing;
  }

  @Returns(Thing, { status: 201, description: 'The new thing.' })
  @ApiOperation({ summary: 'Create a thing' })
  @ApiProblems({ 409: ['sample.thing.exists'] })
  @RequirePermission('sample.things.create')
  @Post()
  async create(
    @Ctx() ctx: RequestContext,
    @Body({ schema: CreateThing }) body: z.infer<typeof CreateThing>,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<Thing> {
    this.journal.contexts.push(ctx);
    this.journal.created += 1;
    await this.journal.gate;
    if (body.name === 'taken')
      throw new DomainError('sample.thing.exists', 'conflict', 'There is one already.');
    if (body.name === 'broken') throw new Error('password=hunter2');
    const id = String(this.journal.created);
    const raw = 'raw' in response ? response.raw : response;
    raw.setHeader('Location', `/v1/things/${id}`);
    setETag(response, 1);
    setEventPosition(response, '1.7421.98');
    return { id, name: body.name, version: 1 };
  }

  @Returns(Thing, { description: 'The renamed thing.' })
  @ApiOperation({ summary: 'Rename a thing' })
  @RequirePermission('sample.things.update')
  @Patch(':id')
  rename(
    @Param('id') id: string,
    @IfMatch() expected: number | undefined,
    @Body({ schema: CreateThing }) body: z.infer<typeof CreateThing>,
  ): Thing {
    if (expected !== undefined && expected !== 7) {
      throw new DomainError(
        'event_store.version.mismatch',
        'precondition_failed',
        'The thing is at version 7.',
      );
    }
    return { id, name: body.name, version: 8 };
  }

  @HttpCode(204)
  @ApiNoContentResponse({ description: 'It is gone.' })
  @ApiOperation({ summary: 'Delete a thing' })
  @RequirePermission('sample.things.delete')
  @Delete(':id')
  remove(@Param('id') _id: string, @IfMatch({ required: true }) _expected: number | undefined): void {}

  @Returns(z.object({ id: z.string(), key: z.string().nullable() }), {
    status: 201,
    description: 'The secret.',
  })
  @ShownOnce('key')
  @RateLimited({ name: 'secrets', limit: 20, windowSeconds: 60 })
  @ApiOperation({ summary: 'Issue a secret' })
  @RequirePermission('sample.things.update')
  @Post(':id/secret')
  issue(@Param('id') id: string): { id: string; key: string } {
    return { id, key: 'hunter2' };
  }

  @Returns(z.object({ times: z.int() }), { description: 'How often it was set.' })
  @NeverKept()
  @ApiOperation({ summary: 'Set a password' })
  @RequirePermission('sample.things.update')
  @Post(':id/password')
  setPassword(@Param('id') _id: string): { times: number } {
    this.passwordsSet += 1;
    return { times: this.passwordsSet };
  }

  @Returns(z.object({ bytes: z.int() }), { description: 'How much came.' })
  @ApiOperation({ summary: 'Import things' })
  @Streamed('text/csv')
  @RequirePermission('sample.things.create')
  @Post('import')
  async import(@BodyStream() body: Readable): Promise<{ bytes: number }> {
    let bytes = 0;
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    return { bytes };
  }
}

@ApiTags('Failures')
@Public()
@Controller({ path: 'fail', version: '1' })
export class FailController {
  constructor(private readonly journal: Journal) {}

  @ApiOperation({ summary: 'Fail' })
  @Returns(Thing, { description: 'Never.' })
  @Get(':how')
  async fail(@Param('how') how: string): Promise<Thing> {
    switch (how) {
      case 'busy':
        throw new DomainError('database.busy', 'unavailable', 'The pool is exhausted.', 2);
      case 'forbidden':
        throw new DomainError('sample.thing.forbidden', 'forbidden', 'Not yours.');
      case 'limited':
        throw new HttpProblem(429, 'sample.limited', 'Slow down.', {
          retryAfter: 1.2,
          details: { code: 'spoofed', left: 0 },
        });
      case 'thrown-string':
        throw 'secret'; // oxlint-disable-line no-throw-literal -- that is what is tested
      case 'shape':
        return { nope: true } as unknown as Thing;
      case 'slow':
        this.journal.begun += 1;
        await sleep(700);
        this.journal.finished += 1;
        return { id: '1', name: 'slow', version: 1 };
      default:
        throw new Error('connect ECONNREFUSED postgres://user:hunter2@db');
    }
  }
}

@Injectable()
class BearerGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context
      .switchToHttp()
      .getRequest<AnyRequest & { headers: Record<string, string | undefined> }>();
    const access = accessOf(context.getHandler(), context.getClass());
    if (access && 'public' in access) return true;
    const actor = /^Bearer (\w+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (!actor)
      throw new HttpProblem(401, 'auth.credentials.missing', 'The request carries no valid credentials.');
    setIdentity(request, { tenantId: TENANT, actor: `key:${actor}`, permissions: '*' });
    if (actor === 'reader' && access?.permission !== 'sample.things.read')
      throw new HttpProblem(403, 'auth.permission.missing', 'Readers read.');
    return true;
  }
}

@Global()
@Module({ providers: [Journal], exports: [Journal] })
class JournalModule {}

@Module({
  imports: [
    JournalModule,
    RestModule.forRootAsync({
      inject: [Journal],
      useFactory: (journal: Journal): RestOptions => ({
        waitForPosition: async (position) => void journal.positions.push(position),
      }),
    }),
  ],
  controllers: [ThingController, FailController],
  providers: [{ provide: APP_GUARD, useClass: BearerGuard }],
})
export class SampleModule {}
