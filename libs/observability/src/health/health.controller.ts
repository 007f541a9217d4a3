import { Controller, Get, Header, Res, SetMetadata, VERSION_NEUTRAL } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiExcludeController } from '@nestjs/swagger';
import { ManagementRoutes } from '../management/management-routes.js';
import { PUBLIC_ROUTE } from '../public-route.js';
import { Health } from './health.js';
import type { HealthReport } from './health.js';

/** `/health/live` and `/health/ready` on the app's own port. */
@Controller({ path: 'health', version: VERSION_NEUTRAL })
@SetMetadata(PUBLIC_ROUTE, true)
@ApiExcludeController()
export class HealthController {
  constructor(
    private readonly health: Health,
    private readonly routes: ManagementRoutes,
    private readonly host: HttpAdapterHost,
  ) {}

  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(@Res({ passthrough: true }) response: object): HealthReport['body'] {
    this.routes.assertOnAppPort();
    return this.answer(response, this.health.live());
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready(@Res({ passthrough: true }) response: object): Promise<HealthReport['body']> {
    this.routes.assertOnAppPort();
    return this.answer(response, await this.health.ready());
  }

  // Not by throwing: an exception filter would answer in its own shape, without the checks.
  private answer(response: object, { status, type, body }: HealthReport): HealthReport['body'] {
    this.host.httpAdapter.status(response, status);
    this.host.httpAdapter.setHeader(response, 'Content-Type', type);
    return body;
  }
}
