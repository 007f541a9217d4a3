import { Database } from '@acci/database';
import { ConfigurableModuleBuilder, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import type { AggregateClass } from './aggregate/aggregate.js';
import { EventRegistry } from './event/event-registry.js';
import { EventStore, type EventStoreOptions } from './store/event-store.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<EventStoreOptions>()
  .setClassMethodName('forRoot')
  .setExtras({}, (definition) => ({ ...definition, global: true }))
  .build();

/**
 * The event store in a Nest app: `forRoot` once, `forFeature` wherever aggregates live. It needs `DatabaseModule`.
 *
 * @example
 * @Module({ imports: [EventStoreModule.forRoot()] })
 * class AppModule {}
 *
 * @Module({ imports: [EventStoreModule.forFeature([Tenant])] })
 * class TenancyModule {}
 */
@Module({
  providers: [
    EventRegistry,
    {
      provide: EventStore,
      inject: [Database, EventRegistry, MODULE_OPTIONS_TOKEN],
      useFactory: (database: Database, registry: EventRegistry, options: EventStoreOptions) =>
        new EventStore(database, registry, options),
    },
  ],
  exports: [EventRegistry, EventStore],
})
export class EventStoreModule extends ConfigurableModuleClass implements OnModuleInit {
  constructor(private readonly store: EventStore) {
    super();
  }

  /** Provides {@link EventStore} and {@link EventRegistry} to the whole app. */
  static override forRoot(options: EventStoreOptions = {}): DynamicModule {
    return super.forRoot(options);
  }

  /**
   * Registers aggregates with their events.
   *
   * @throws {RegistrationError} at boot, for whatever is declared wrongly.
   */
  static forFeature(aggregates: readonly AggregateClass[]): DynamicModule {
    return {
      module: EventStoreFeatureModule,
      providers: [
        {
          provide: Symbol(`aggregates ${aggregates.map(({ name }) => name).join(', ')}`),
          inject: [EventRegistry],
          useFactory: (registry: EventRegistry) => {
            for (const aggregate of aggregates) registry.register(aggregate);
            return aggregates;
          },
        },
      ],
    };
  }

  /** Refuses to start on a log that this cluster cannot order. */
  async onModuleInit(): Promise<void> {
    await this.store.verifyEpoch();
  }
}

@Module({})
class EventStoreFeatureModule {}
