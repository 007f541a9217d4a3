import { Database } from '@acci/database';
import {
  ConfigurableModuleBuilder,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { AggregateClass } from './aggregate/aggregate.js';
import { EventRegistry } from './event/event-registry.js';
import { EventStore } from './store/event-store.js';
import { PersonalData } from './personal-data/personal-data.js';
import { PersonalDataCipher } from './personal-data/personal-data-cipher.js';
import { personalDataProviders, type PersonalDataOptions } from './personal-data/personal-data.providers.js';
import { SubjectCipher } from './personal-data/subject-cipher.js';
import { ForgottenSubject } from './personal-data/forgotten-subject.js';
import type { EventStoreOptions } from './store/event-store.options.js';
import { TenantTransfer } from './transfer/tenant-transfer.js';

/** What {@link EventStoreModule} takes: limits, and where the keys of personal data come from. */
export interface EventStoreModuleOptions extends EventStoreOptions, PersonalDataOptions {}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<EventStoreModuleOptions>()
    .setClassMethodName('forRoot')
    .setExtras({}, ({ imports = [], ...definition }) => ({
      ...definition,
      global: true,
      imports: [...imports, featureOf([ForgottenSubject])],
    }))
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
      inject: [Database, EventRegistry, MODULE_OPTIONS_TOKEN, PersonalDataCipher],
      useFactory: (
        database: Database,
        registry: EventRegistry,
        options: EventStoreModuleOptions,
        cipher: PersonalDataCipher,
      ) => new EventStore(database, registry, options, cipher),
    },
    ...personalDataProviders(MODULE_OPTIONS_TOKEN),
    TenantTransfer,
  ],
  exports: [EventRegistry, EventStore, PersonalData, SubjectCipher, TenantTransfer],
})
export class EventStoreModule
  extends ConfigurableModuleClass
  implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    private readonly store: EventStore,
    private readonly personalData: PersonalData,
  ) {
    super();
  }

  /**
   * Provides {@link EventStore}, {@link EventRegistry}, {@link PersonalData}, {@link SubjectCipher} and
   * {@link TenantTransfer} to the whole app.
   */
  static override forRoot(options: EventStoreModuleOptions = {}): DynamicModule {
    return super.forRoot(options);
  }

  /**
   * Registers aggregates with their events.
   *
   * @throws {RegistrationError} at boot, for whatever is declared wrongly.
   */
  static forFeature(aggregates: readonly AggregateClass[]): EventStoreFeature {
    return featureOf(aggregates);
  }

  /** Refuses to start on a log that this cluster cannot order, and without the keys of what is personal in it. */
  async onModuleInit(): Promise<void> {
    await this.store.verifyEpoch();
    await this.personalData.verifyKeys();
  }

  /** Lets the snapshots that are under way be written while there is a database. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.store.flushSnapshots();
  }

  onApplicationShutdown(): void {
    this.personalData.close();
  }
}

/** What {@link EventStoreModule.forFeature} returns. */
export interface EventStoreFeature extends DynamicModule {
  /** Readable without starting the app: tools want to know an app's events too. */
  readonly aggregates: readonly AggregateClass[];
}

@Module({})
class EventStoreFeatureModule {}

function featureOf(aggregates: readonly AggregateClass[]): EventStoreFeature {
  return {
    module: EventStoreFeatureModule,
    aggregates,
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
