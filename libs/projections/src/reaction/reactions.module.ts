import { Database } from '@acci/database';
import { EventStore, EventStoreModule } from '@acci/event-store';
import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { DeadLetterActs } from '../outbox/dead-letter.aggregate.js';
import { DeadLetters } from '../outbox/dead-letters.js';
import { SubscriptionReplay } from '../outbox/replay.aggregate.js';
import {
  subscriptionOptionsOf,
  type SubscriptionClass,
  type SubscriptionHandler,
} from '../outbox/subscription.js';
import { SubscriptionReaction } from '../outbox/subscription-reaction.js';
import {
  processOptionsOf,
  type ProcessHandler,
  type ProcessManagerClass,
} from '../process/process-manager.js';
import { ProcessReaction, type ProcessTools } from '../process/process-reaction.js';
import { ProjectionRegistry } from '../projection-registry.js';
import { EventIntake } from './event-intake.js';
import type { Reaction } from './reaction.js';
import { ReactionRegistry } from './reaction-registry.js';
import { Reactions } from './reactions.js';
import { ReactionWorker } from './reaction-worker.js';
import { ReactionRegistrationError } from './reactions.errors.js';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  type ReactionsModuleOptions,
} from './reactions.options.js';

/**
 * Subscriptions and process managers in a Nest app: `forRoot` once, `forFeature` wherever they live. It needs
 * `DatabaseModule`, `EventStoreModule` and `ProjectionsModule`.
 *
 * @example
 * @Module({ imports: [ReactionsModule.forRoot({ worker: true })] })
 * class AppModule {}
 *
 * @Module({ imports: [ReactionsModule.forFeature([OrderWebhook, Fulfilment])] })
 * class ShopModule {}
 */
@Module({
  imports: [CqrsModule, EventStoreModule.forFeature([DeadLetterActs, SubscriptionReplay])],
  providers: [
    EventIntake,
    {
      provide: ReactionRegistry,
      inject: [ProjectionRegistry, EventIntake],
      useFactory: (...args: ConstructorParameters<typeof ReactionRegistry>) => new ReactionRegistry(...args),
    },
    {
      provide: ReactionWorker,
      inject: [Database, EventStore, ReactionRegistry, EventIntake, MODULE_OPTIONS_TOKEN],
      useFactory: (...args: ConstructorParameters<typeof ReactionWorker>) => new ReactionWorker(...args),
    },
    {
      provide: Reactions,
      inject: [Database, EventStore, ReactionWorker],
      useFactory: (...args: ConstructorParameters<typeof Reactions>) => new Reactions(...args),
    },
    {
      provide: DeadLetters,
      inject: [Database, EventStore, ReactionWorker],
      useFactory: (...args: ConstructorParameters<typeof DeadLetters>) => new DeadLetters(...args),
    },
  ],
  exports: [ReactionRegistry, ReactionWorker, Reactions, DeadLetters],
})
export class ReactionsModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown
{
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(ReactionRegistry) private readonly registry: ReactionRegistry,
    @Inject(EventIntake) private readonly intake: EventIntake,
    @Inject(ReactionWorker) private readonly worker: ReactionWorker,
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: ReactionsModuleOptions,
  ) {
    super();
  }

  /**
   * Registers subscriptions and process managers. They are providers of the importing module's scope, so that they may
   * inject what is global.
   *
   * @throws {ReactionRegistrationError} at boot, for whatever is declared wrongly.
   */
  static forFeature(reactions: readonly (SubscriptionClass | ProcessManagerClass)[]): DynamicModule {
    return {
      module: ReactionsFeatureModule,
      imports: [CqrsModule],
      providers: [
        ...reactions,
        {
          provide: Symbol(`reactions ${reactions.map(({ name }) => name).join(', ')}`),
          inject: [ReactionRegistry, Database, EventStore, CommandBus, ...reactions],
          useFactory: (
            registry: ReactionRegistry,
            database: Database,
            store: EventStore,
            commandBus: CommandBus,
            ...handlers: object[]
          ) => {
            for (const handler of handlers)
              registry.register(reactionOf(handler, { database, store, commandBus }));
            return handlers;
          },
        },
      ],
    };
  }

  /** Before the projection runner starts: it is told where reactions begin. */
  async onModuleInit(): Promise<void> {
    await this.intake.begin(this.database, this.store, this.registry.list());
  }

  onApplicationBootstrap(): void {
    if (this.options.worker) this.worker.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.stop();
  }
}

@Module({})
class ReactionsFeatureModule {}

/**
 * The reaction that a handler's class declares.
 *
 * @throws {ReactionRegistrationError} if it declares none, or wrongly.
 */
export function reactionOf(handler: object, tools: ProcessTools): Reaction {
  const type = handler.constructor;
  const subscription = subscriptionOptionsOf(type);
  if (subscription)
    return new SubscriptionReaction(handler as SubscriptionHandler, subscription, tools.store);
  const process = processOptionsOf(type);
  if (process) return new ProcessReaction(handler as ProcessHandler<never, never>, process, tools);
  throw new ReactionRegistrationError(
    `${type.name} is no reaction: it lacks @Subscription({ … }) or @ProcessManager({ … })`,
  );
}
