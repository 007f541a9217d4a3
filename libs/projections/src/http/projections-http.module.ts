import { Module, type CanActivate, type DynamicModule, type Type } from '@nestjs/common';
import { OPERATORS, OperatorGuard } from './operator.guard.js';
import { ProjectionActsController } from './projection-acts.controller.js';
import { ProjectionWatch } from './projection-watch.js';
import { ProjectionsController } from './projections.controller.js';

/** Whom `ProjectionsHttpModule` lets in. */
export interface ProjectionsHttpModuleOptions {
  /**
   * Lets those in who run the platform, beside the permission that each route declares: projections are all tenants'
   * at once, so no tenant may operate them.
   */
  readonly operators: Type<CanActivate>;
}

/**
 * Projections as a REST API: `/v1/projections`. It needs `ProjectionsModule` in the same process, and `configureApp`
 * of `@acci/rest`.
 *
 * @example
 * @Module({ imports: [ProjectionsHttpModule.forRoot({ operators: PlatformTenantGuard })] })
 * class AppModule {}
 */
@Module({})
export class ProjectionsHttpModule {
  static forRoot({ operators }: ProjectionsHttpModuleOptions): DynamicModule {
    return {
      module: ProjectionsHttpModule,
      controllers: [ProjectionsController, ProjectionActsController],
      providers: [OperatorGuard, ProjectionWatch, { provide: OPERATORS, useClass: operators }],
    };
  }
}
