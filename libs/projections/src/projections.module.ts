import { Database, OwnerDatabase } from '@acci/database';
import { EventRegistry, EventStore, EventStoreModule, PersonalData } from '@acci/event-store';
import {
  Inject,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { OperatorActs } from './acts/operator-acts.js';
import { ProjectionRunner } from './async/projection-runner.js';
import { Builds } from './build/builds.js';
import { projectInline } from './inline/inline-projections.js';
import { PersonalReadModels } from './personal/personal-read-models.js';
import type { ProjectionClass, ProjectionHandler } from './projection.js';
import { ProjectionRegistry } from './projection-registry.js';
import { Projections } from './projections.js';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  runnerSettings,
  type ProjectionsModuleOptions,
} from './projections.options.js';
import { ProjectionsNotInitialised } from './projections.errors.js';
import { registerProjections } from './register-projections.js';

const tidyMs = 60_000;

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
  imports: [EventStoreModule.forFeature([OperatorActs])],
  providers: [
    ProjectionRegistry,
    {
      provide: Builds,
      inject: [Database, OwnerDatabase, EventStore, ProjectionRegistry],
      useFactory: (...args: ConstructorParameters<typeof Builds>) => new Builds(...args),
    },
    {
      provide: ProjectionRunner,
      inject: [Database, EventStore, ProjectionRegistry, Builds, MODULE_OPTIONS_TOKEN],
      useFactory: (...args: ConstructorParameters<typeof ProjectionRunner>) => new ProjectionRunner(...args),
    },
    {
      provide: Projections,
      inject: [Database, EventStore, ProjectionRegistry, Builds, ProjectionRunner, MODULE_OPTIONS_TOKEN],
      useFactory: (
        database: Database,
        store: EventStore,
        registry: ProjectionRegistry,
        builds: Builds,
        runner: ProjectionRunner,
        options: ProjectionsModuleOptions,
      ) => {
        const { shares } = runnerSettings(options);
        return new Projections({ database, store, registry, builds, shares }, runner);
      },
    },
  ],
  exports: [ProjectionRegistry, ProjectionRunner, Projections],
})
export class ProjectionsModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger(ProjectionsModule.name);
  private tidying: NodeJS.Timeout | undefined;
  private readonly letAppend: () => void;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(ProjectionRegistry) private readonly registry: ProjectionRegistry,
    @Inject(ProjectionRunner) private readonly runner: ProjectionRunner,
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: ProjectionsModuleOptions,
    @Inject(EventRegistry) private readonly events: EventRegistry,
    @Inject(PersonalData) private readonly personalData: PersonalData,
    @Inject(Builds) private readonly builds: Builds,
  ) {
    super();
    this.letAppend = store.onAppend(() => {
      throw new ProjectionsNotInitialised();
    });
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
    projectInline(this.registry, this.store);
    this.letAppend();
    this.personalData.addHolder(new PersonalReadModels(this.database, this.registry));
    if (this.options.prepare === false) return;
    await this.builds.makeTables();
    await this.registry.verify(this.events, this.database);
    const { database, store, registry, builds, logger } = this;
    await builds.tidy();
    const settings = runnerSettings(this.options);
    await registerProjections({ database, store, registry, builds, settings, logger });
  }

  onApplicationBootstrap(): void {
    if (this.options.runner) this.runner.start();
    // What a process without a runner reads must not be taken for unused either.
    else if (this.options.prepare !== false)
      this.tidying = setInterval(() => void this.builds.tidy().catch(() => {}), tidyMs).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.tidying);
    await this.runner.stop();
  }
}

@Module({})
class ProjectionsFeatureModule {}
