import {
  ApiProblems,
  Ctx,
  EventStream,
  LastEventId,
  RequirePermission,
  Returns,
  type RequestContext,
  type StreamSource,
} from '@acci/rest';
import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Projections } from '../projections.js';
import { OperatorGuard } from './operator.guard.js';
import { toProjection, toProjectionItem, toRebuild } from './projection-answers.js';
import { ProjectionWatch } from './projection-watch.js';
import {
  BuildNumber,
  ProjectionItem,
  ProjectionList,
  ProjectionName,
  ProjectionResponse,
  RebuildResponse,
} from './projections.schemas.js';

/** What projections are doing, for those who run the platform: `/v1/projections`. */
@ApiTags('Projections')
@UseGuards(OperatorGuard)
@Controller({ path: 'projections', version: '1' })
export class ProjectionsController {
  constructor(
    private readonly projections: Projections,
    private readonly watch: ProjectionWatch,
  ) {}

  @RequirePermission('projections.read')
  @ApiOperation({
    operationId: 'projectionList',
    summary: 'List projections',
    description: 'All that the database knows, by name: what they do, how far they are, what stopped them.',
  })
  @Returns(ProjectionList, { description: 'The projections.' })
  @Get()
  async list(): Promise<ProjectionList> {
    return { items: (await this.projections.status()).map(toProjectionItem) };
  }

  @RequirePermission('projections.read')
  @ApiOperation({
    operationId: 'projectionFollow',
    summary: 'Follow projections',
    description:
      'Each projection of the list as it is whenever anything about it has changed, as server-sent events: its status, how far it is, what stopped it, how far a rebuild is. They are looked at twice a second. After `Last-Event-ID` all of them come once, unless nothing has changed.',
  })
  @EventStream(ProjectionItem, { description: 'The stream: one of these in each message.' })
  @Get('stream')
  follow(
    @Ctx() _ctx: RequestContext,
    @LastEventId() lastEventId: string | undefined,
  ): Promise<StreamSource<ProjectionItem>> {
    return this.watch.follow(lastEventId);
  }

  @RequirePermission('projections.read')
  @ApiOperation({ operationId: 'projectionGet', summary: 'Get a projection, with its shares' })
  @ApiProblems({ 404: ['projections.projection.not_found'] })
  @Returns(ProjectionResponse, { description: 'The projection.' })
  @Get(':name')
  async get(@Param('name', { schema: ProjectionName }) name: string): Promise<ProjectionResponse> {
    return toProjection(await this.projections.get(name));
  }

  @RequirePermission('projections.read')
  @ApiOperation({
    operationId: 'projectionRebuildGet',
    summary: 'Get the progress of a rebuild',
    description: 'Also of one that is over.',
  })
  @ApiProblems({ 404: ['projections.projection.not_found'] })
  @Returns(RebuildResponse, { description: 'How far it is.' })
  @Get(':name/rebuilds/:build')
  async rebuild(
    @Param('name', { schema: ProjectionName }) name: string,
    @Param('build', { schema: BuildNumber }) build: number,
  ): Promise<RebuildResponse> {
    return toRebuild(await this.projections.rebuildProgress(name, build));
  }
}
