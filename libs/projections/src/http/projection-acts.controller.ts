import { parsePosition, type Context } from '@acci/event-store';
import {
  ApiProblems,
  Ctx,
  HttpProblem,
  rawResponse,
  RequirePermission,
  Returns,
  type AnyResponse,
} from '@acci/rest';
import { Body, Controller, Param, Post, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Projections } from '../projections.js';
import { OperatorGuard } from './operator.guard.js';
import { toProjection } from './projection-answers.js';
import {
  ProjectionAct,
  ProjectionName,
  ProjectionResponse,
  RebuildRequested,
  RunProjectionTo,
  TenantProjectionAct,
  WholeProjectionAct,
} from './projections.schemas.js';

const problems = ApiProblems({
  404: ['projections.projection.not_found'],
  409: ['projections.act.refused'],
});
const answer = Returns(ProjectionResponse, { description: 'The projection as it is now.' });
const operate = RequirePermission('projections.operate');

/** What operators do to projections. Each act is an event, with who did it and why. */
@ApiTags('Projections')
@UseGuards(OperatorGuard)
@Controller({ path: 'projections/:name', version: '1' })
export class ProjectionActsController {
  constructor(private readonly projections: Projections) {}

  @operate
  @ApiOperation({
    operationId: 'projectionPause',
    summary: 'Pause a projection',
    description: 'At once: a batch under way is undone. Only an asynchronous one, or one tenant of it.',
  })
  @problems
  @answer
  @Post('pause')
  async pause(
    @Ctx() ctx: Context,
    @Param('name', { schema: ProjectionName }) name: string,
    @Body({ schema: ProjectionAct }) act: ProjectionAct,
  ): Promise<ProjectionResponse> {
    await this.projections.pause(ctx, name, act);
    return this.now(name);
  }

  @operate
  @ApiOperation({ operationId: 'projectionResume', summary: 'Let a paused projection go on' })
  @problems
  @answer
  @Post('resume')
  async resume(
    @Ctx() ctx: Context,
    @Param('name', { schema: ProjectionName }) name: string,
    @Body({ schema: ProjectionAct }) act: ProjectionAct,
  ): Promise<ProjectionResponse> {
    await this.projections.resume(ctx, name, act);
    return this.now(name);
  }

  @operate
  @ApiOperation({
    operationId: 'projectionRetry',
    summary: 'Let a halted projection try its event again',
    description: 'After the handler was mended, say.',
  })
  @problems
  @answer
  @Post('retry')
  async retry(
    @Ctx() ctx: Context,
    @Param('name', { schema: ProjectionName }) name: string,
    @Body({ schema: ProjectionAct }) act: ProjectionAct,
  ): Promise<ProjectionResponse> {
    await this.projections.retry(ctx, name, act);
    return this.now(name);
  }

  @RequirePermission('projections.skip')
  @ApiOperation({
    operationId: 'projectionSkip',
    summary: 'Let a halted projection go on without its event',
    description: 'The event passed over is kept with who decided that and why. A rebuild meets it again.',
  })
  @problems
  @answer
  @Post('skip')
  async skip(
    @Ctx() ctx: Context,
    @Param('name', { schema: ProjectionName }) name: string,
    @Body({ schema: ProjectionAct }) act: ProjectionAct,
  ): Promise<ProjectionResponse> {
    await this.projections.skip(ctx, name, act);
    return this.now(name);
  }

  @operate
  @ApiOperation({
    operationId: 'projectionRunTo',
    summary: 'Let a paused projection run to a position',
    description: 'There it pauses again.',
  })
  @problems
  @answer
  @Post('run-to')
  async runTo(
    @Ctx() ctx: Context,
    @Param('name', { schema: ProjectionName }) name: string,
    @Body({ schema: RunProjectionTo }) { position, ...act }: RunProjectionTo,
  ): Promise<ProjectionResponse> {
    const target = parsePosition(position);
    if (!target) throw new HttpProblem(400, 'request.event_position.invalid', 'No log has this position.');
    await this.projections.runTo(ctx, name, target, act);
    return this.now(name);
  }

  @RequirePermission('projections.switch')
  @ApiOperation({
    operationId: 'projectionSwitchOff',
    summary: 'Switch a projection off for a tenant',
    description: 'The tenant’s rows are deleted, and its events passed by.',
  })
  @problems
  @answer
  @Post('switch-off')
  async switchOff(
    @Ctx() ctx: Context,
    @Param('name', { schema: ProjectionName }) name: string,
    @Body({ schema: TenantProjectionAct }) { tenantId, ...act }: TenantProjectionAct,
  ): Promise<ProjectionResponse> {
    await this.projections.switchOff(ctx, name, tenantId, act);
    return this.now(name);
  }

  @RequirePermission('projections.switch')
  @ApiOperation({
    operationId: 'projectionSwitchOn',
    summary: 'Switch a projection on for a tenant',
    description:
      'One that is for chosen tenants alone, or was switched off for this one. The tenant’s rows are filled from its first event; others are not touched.',
  })
  @problems
  @answer
  @Post('switch-on')
  async switchOn(
    @Ctx() ctx: Context,
    @Param('name', { schema: ProjectionName }) name: string,
    @Body({ schema: TenantProjectionAct }) { tenantId, ...act }: TenantProjectionAct,
  ): Promise<ProjectionResponse> {
    await this.projections.switchOn(ctx, name, tenantId, act);
    return this.now(name);
  }

  @RequirePermission('projections.rebuild')
  @ApiOperation({
    operationId: 'projectionRebuild',
    summary: 'Rebuild a projection',
    description:
      'Online: other tables are filled beside the ones that serve, and swapped in once they have caught up. With `tenantId` only that tenant’s rows, in place.',
  })
  @problems
  @Returns(RebuildRequested, { status: 202, description: 'The rebuild is under way.' })
  @Post('rebuild')
  async rebuild(
    @Ctx() ctx: Context,
    @Param('name', { schema: ProjectionName }) name: string,
    @Body({ schema: ProjectionAct }) act: ProjectionAct,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<RebuildRequested> {
    const { projection, build } = await this.projections.rebuild(ctx, name, act);
    rawResponse(response).setHeader('Location', `/v1/projections/${projection}/rebuilds/${build}`);
    return { projection, build };
  }

  @RequirePermission('projections.rebuild')
  @ApiOperation({
    operationId: 'projectionAbort',
    summary: 'Abort a rebuild',
    description: 'What it was to replace goes on serving.',
  })
  @problems
  @answer
  @Post('abort')
  async abort(
    @Ctx() ctx: Context,
    @Param('name', { schema: ProjectionName }) name: string,
    @Body({ schema: WholeProjectionAct }) act: WholeProjectionAct,
  ): Promise<ProjectionResponse> {
    await this.projections.abort(ctx, name, act);
    return this.now(name);
  }

  private async now(name: string): Promise<ProjectionResponse> {
    return toProjection(await this.projections.get(name));
  }
}
