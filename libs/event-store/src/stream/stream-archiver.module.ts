import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConfigurableModuleBuilder,
  Inject,
  Injectable,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { StreamArchiver } from './stream-archiver.js';

/** How {@link StreamArchiverModule} works. */
export interface StreamArchiverOptions {
  /** Whether this process moves events by itself. Default false: {@link StreamArchiver} is there to be called. */
  readonly enabled?: boolean;
  /** How long to wait between two looks for archived streams, in milliseconds. Default 60,000. */
  readonly intervalMs?: number;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<StreamArchiverOptions>().setClassMethodName('forRoot').build();

/** Runs the archiver now and then, for as long as the app does. Any number of processes may. */
@Injectable()
class ArchiverLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(StreamArchiver.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly archiver: StreamArchiver,
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: StreamArchiverOptions,
  ) {}

  onApplicationBootstrap(): void {
    const { enabled, intervalMs = 60_000 } = this.options;
    if (enabled) this.running = this.loop(intervalMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async loop(intervalMs: number): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.archiver
        .runPending(
          (streamId, error) =>
            this.logger.error(`Moving the events of ${streamId} to the archive failed`, error),
          signal,
        )
        .catch((error: unknown) => this.logger.error('Failed to look for archived streams', error));
      await sleep(intervalMs, undefined, { signal }).catch(() => {});
    }
  }
}

/**
 * Provides {@link StreamArchiver}, and runs it where it is enabled. It needs `DatabaseModule`, whose owner moves events.
 *
 * @example
 * @Module({ imports: [EventStoreModule.forRoot(), StreamArchiverModule.forRoot({ enabled: true })] })
 * class WorkerModule {}
 */
@Module({ providers: [StreamArchiver, ArchiverLoop], exports: [StreamArchiver] })
export class StreamArchiverModule extends ConfigurableModuleClass {
  /** Everything has a default, so the options can be left out. */
  static override forRoot(options: StreamArchiverOptions = {}): DynamicModule {
    return super.forRoot(options);
  }
}
