import { Database } from '@acci/database';
import { EventRegistry, EventStore, PersonalData } from '@acci/event-store';
import {
  Inject,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { ProjectionRunner } from './async/projection-runner.js';
import { projectInline } from './inline/inline-projections.js';
import { PersonalReadModels } from './personal/personal-read-models.js';
import type { ProjectionClass, ProjectionHandler } from './projection.js';
import { ProjectionRegistry } from './projection-registry.js';
import { Projections } from './projections.js';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  type ProjectionsModuleOptions,
} from './projections.options.js';
import { registerProjections } from './register-projections.js';

/**
 * Projections in a Nest app: `forRoot` once, `forFeature` wherever projections live. It needs `DatabaseModule` and
 * `EventStoreModule`.
 *
 * @example
 * @Module({ imports: [ProjectionsModule.forRoot({ runner: true })] })
 * class AppModule {}
 *
 * @Module({ imports: [ProjectionsModule.forFeature([OrderListProjection])] })
 * class ShopModule {}
 */
@Module({
  providers: [
    ProjectionRegistry,
    {
      provide: ProjectionRunner,
      inject: [Database, EventStore, ProjectionRegistry, MODULE_OPTIONS_TOKEN],
      useFactory: (...args: ConstructorParameters<typeof ProjectionRunner>) => new ProjectionRunner(...args),
    },
    {
      provide: Projections,
      inject: [Database, EventStore, ProjectionRegistry, ProjectionRunner],
      useFactory: (...args: ConstructorParameters<typeof Projections>) => new Projections(...args),
    },
  ],
  exports: [ProjectionRegistry, ProjectionRunner, Projections],
})
export class ProjectionsModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger(ProjectionsModule.name);

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(ProjectionRegistry) private readonly registry: ProjectionRegistry,
    @Inject(ProjectionRunner) private readonly runner: ProjectionRunner,
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: ProjectionsModuleOptions,
    @Inject(EventRegistry) private readonly events: EventRegistry,
    @Inject(PersonalData) private readonly personalData: PersonalData,
  ) {
    super();
  }

  /**
   * Registers projections. They are providers of the importing module's scope, so that they may inject what is global.
   *
   * @throws {ProjectionRegistrationError} at boot, for whatever is declared wrongly.
   */
  static forFeature(projections: readonly ProjectionClass[]): DynamicModule {
    return {
      module: ProjectionsFeatureModule,
      providers: [
        ...projections,
        {
          provide: Symbol(`projections ${projections.map(({ name }) => name).join(', ')}`),
          inject: [ProjectionRegistry, ...projections],
          useFactory: (registry: ProjectionRegistry, ...handlers: ProjectionHandler[]) => {
            for (const handler of handlers) registry.register(handler);
            return handlers;
          },
        },
      ],
    };
  }

  /** This module is global, so this runs before any feature's own start may append. */
  async onModuleInit(): Promise<void> {
    await this.registry.verify(this.events, this.database);
    projectInline(this.registry, this.store);
    this.personalData.addHolder(new PersonalReadModels(this.database, this.registry));
    await registerProjections(this.database, this.store, this.registry, this.logger);
  }

  onApplicationBootstrap(): void {
    if (this.options.runner) this.runner.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.runner.stop();
  }
}

@Module({})
class ProjectionsFeatureModule {}
