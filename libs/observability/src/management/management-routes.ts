import { Inject, Injectable, NotFoundException } from '@nestjs/common';
import { MODULE_OPTIONS_TOKEN } from '../observability.options.js';
import type { ObservabilityOptions } from '../observability.options.js';

/** Says where `/metrics` and `/health/*` are served. */
@Injectable()
export class ManagementRoutes {
  constructor(@Inject(MODULE_OPTIONS_TOKEN) private readonly options: ObservabilityOptions) {}

  /** Throws a 404 when these routes have a port of their own: on the app's port they then don't exist. */
  assertOnAppPort(): void {
    if (this.options.managementPort !== undefined) throw new NotFoundException();
  }
}
