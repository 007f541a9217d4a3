import { tracingChannel } from 'node:diagnostics_channel';
import type { EventStore, RecordedEvent } from '@acci/event-store';
import type { Logger } from '@nestjs/common';
import { backoffMs, describe, isUnavailable } from '../async/failures.js';
import { noteFate } from '../outbox/dead-letter-acts.js';
import { leaseLost, type LaneLease, type Lanes } from './lanes.js';
import type { Delivery, Reaction, Writes } from './reaction.js';
import { ProgramOutdated, Undeliverable } from './reactions.errors.js';
import type { ReactionSettings } from './reactions.options.js';

/** What all works of a worker share. */
export interface WorkTools {
  readonly store: EventStore;
  readonly lanes: Lanes;
  readonly settings: ReactionSettings;
  readonly logger: Logger;
  /** Aborts when no more is to be begun. */
  readonly stopping: AbortSignal;
}

const channel = tracingChannel('acci:reaction');
/** What is written of an event that is not there any more. */
const gone: Writes = () => {};

/**
 * Does what is due in one lane, one after the other, for as long as there is something. Each is noted as done before the
 * next one begins; what fails is left for later, and everything behind it with it.
 */
export class LaneWork {
  constructor(
    private readonly reaction: Reaction,
    private readonly lease: LaneLease,
    private readonly tools: WorkTools,
  ) {}

  /** Works until nothing is due, something fails, the lease is lost or the worker stops. It does not throw. */
  async run(): Promise<void> {
    const { lanes, logger, stopping } = this.tools;
    try {
      let next = await lanes.first(this.lease);
      while (next && !stopping.aborted) next = await this.take(next);
    } catch (error) {
      // What was begun is begun again by whoever takes the lane next; at the latest when the lease has expired.
      if (!leaseLost(error)) logger.warn(`${this.name} is interrupted: ${String(error)}`);
    }
  }

  private async take(delivery: Delivery): Promise<Delivery | undefined> {
    const { lanes } = this.tools;
    let event: RecordedEvent | undefined;
    try {
      event = await this.eventOf(delivery);
      // An event that is gone went with its tenant, and what is left of it here will go as well.
      const writes = event || !delivery.place ? await this.react({ ...delivery, event }) : gone;
      const arrived = delivery.retried && writes !== gone;
      const note = arrived ? () => this.note(delivery, event, 'deliver') : undefined;
      return await lanes.done(this.lease, delivery, writes ?? (() => {}), note);
    } catch (error) {
      if (leaseLost(error) || isUnavailable(error) || error instanceof ProgramOutdated) throw error;
      await this.fail(delivery, event, error);
      return undefined;
    }
  }

  /** Read only now: what is personal in it may have been forgotten meanwhile. */
  private async eventOf({ tenantId, id, place }: Delivery): Promise<RecordedEvent | undefined> {
    if (!place) return undefined;
    const { streamType, streamId, version, part } = place;
    const ctx = { tenantId, actor: `system:${this.reaction.options.name}`, correlationId: id };
    const read = { fromVersion: version, limit: 1 };
    const events = await this.tools.store.readStream(ctx, streamType, streamId, read);
    return events.find((event) => event.version === version && (event.part ?? 0) === part);
  }

  private react(delivery: Delivery): ReturnType<Reaction['react']> {
    const { reaction } = this;
    const work = () => reaction.react(delivery);
    if (!channel.hasSubscribers) return work();
    const attributes = { 'acci.reaction': reaction.options.name, 'acci.delivery': delivery.name };
    return channel.tracePromise(work, { name: `react ${reaction.options.name}`, attributes });
  }

  private async fail(delivery: Delivery, event: RecordedEvent | undefined, error: unknown): Promise<void> {
    const { lanes, settings, logger } = this.tools;
    const { retry = settings.retry } = this.reaction.options;
    const message = describe(error, { data: event?.data ?? delivery.data });
    const what = `${this.name}: ${delivery.name} failed (attempt ${delivery.attempt}): ${message}`;
    if (delivery.attempt < retry.attempts && !(error instanceof Undeliverable)) {
      logger.warn(what);
      return lanes.failed(this.lease, Math.round(backoffMs(delivery.attempt, retry)));
    }
    logger.error(`Dead letter of ${what}`);
    await lanes.dead(this.lease, delivery, message, () => this.note(delivery, event, 'open'));
  }

  private note(
    delivery: Delivery,
    event: RecordedEvent | undefined,
    fate: 'open' | 'deliver',
  ): Promise<void> {
    return noteFate(this.tools.store, this.reaction.options.name, delivery, event, fate);
  }

  private get name(): string {
    return `${this.reaction.options.name}, lane ${this.lease.lane} of ${this.lease.tenantId}`;
  }
}
