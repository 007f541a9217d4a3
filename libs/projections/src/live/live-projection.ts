import type { Context, EventStore } from '@acci/event-store';
import { liveOptionsOf } from '../projection.js';
import { ProjectionRegistrationError } from '../projections.errors.js';
import type { LiveClass, LiveFold } from './live-fold.js';

const eventsAtOnce = 1_000;

/** A live projection, ready to be asked. */
export class LiveProjection<S> {
  private readonly fold: LiveFold<S, never>;
  private readonly streamType: string;
  private readonly types: ReadonlySet<string> | undefined;

  /** @throws {ProjectionRegistrationError} for a class that is not declared to be one. */
  constructor(
    private readonly store: EventStore,
    type: LiveClass<S>,
  ) {
    const options = liveOptionsOf(type);
    if (!options)
      throw new ProjectionRegistrationError(`${type.name} lacks @Projection({ lifecycle: 'live', … })`);
    this.fold = new type();
    this.streamType = options.of.streamType;
    this.types = options.events && new Set(options.events.map((event) => event.type));
  }

  /**
   * What the stream's events make, all that are committed; undefined if the tenant has no such stream. It reads the whole
   * stream each time: for streams of some thousands of events, and for what is asked for seldom.
   *
   * @throws {UnknownEventVersion} {@link UpcastFailed}
   */
  async of(ctx: Context, streamId: string): Promise<S | undefined> {
    let state = this.fold.start(streamId);
    for (let fromVersion = 1, more = true; more;) {
      const events = await this.store.readStream(ctx, this.streamType, streamId, {
        fromVersion,
        limit: eventsAtOnce,
      });
      const last = events.at(-1);
      if (!last && fromVersion === 1) return undefined;
      for (const event of events)
        if (!this.types || this.types.has(event.type)) state = this.fold.apply(state, event as never);
      more = events.length >= eventsAtOnce;
      fromVersion = (last?.version ?? 0) + 1;
    }
    return state;
  }
}
