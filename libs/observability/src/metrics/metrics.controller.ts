import { Controller, Get, Header, SetMetadata, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { ManagementRoutes } from '../management/management-routes.js';
import { PUBLIC_ROUTE } from '../public-route.js';
import { Metrics } from './metrics.js';

/** `/metrics` on the app's own port. */
@Controller({ path: 'metrics', version: VERSION_NEUTRAL })
@SetMetadata(PUBLIC_ROUTE, true)
@ApiExcludeController()
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly routes: ManagementRoutes,
  ) {}

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  @Header('Cache-Control', 'no-store')
  text(): Promise<string> {
    this.routes.assertOnAppPort();
    return this.metrics.text();
  }
}
