import { ApiProblems, RequirePermission, Returns } from '@acci/rest';
import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Projections } from '../projections.js';
import { OperatorGuard } from './operator.guard.js';
import { toProjection, toProjectionItem, toRebuild } from './projection-answers.js';
import {
  BuildNumber,
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
  constructor(private readonly projections: Projections) {}

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
