import type { EventStore, RecordedEvent } from '@acci/event-store';
import type { Delivery, Reaction, Writes } from '../reaction/reaction.js';
import { ReactionRegistrationError } from '../reaction/reactions.errors.js';
import { replayStep } from './replay-step.js';
import type { SubscriptionHandler, SubscriptionOptions } from './subscription.js';

const defaultTimeoutMs = 30_000;

/** Delivers events to a subscription's handler, stream by stream. */
export class SubscriptionReaction implements Reaction {
  readonly kind = 'subscription';

  /** @throws {ReactionRegistrationError} */
  constructor(
    private readonly handler: SubscriptionHandler,
    readonly options: SubscriptionOptions,
    private readonly store: EventStore,
  ) {
    if (typeof handler.deliver !== 'function')
      throw new ReactionRegistrationError(`${handler.constructor.name} has no method deliver`);
  }

  laneOf({ streamId }: RecordedEvent): string {
    return streamId;
  }

  async react(delivery: Delivery): Promise<Writes | void> {
    if (delivery.kind === 'event') return this.deliver(delivery);
    return replayStep(this.store, this.options, (event) => this.laneOf(event), delivery);
  }

  private async deliver({ id, attempt, event }: Delivery): Promise<void> {
    const { timeoutMs = defaultTimeoutMs } = this.options;
    const signal = AbortSignal.timeout(timeoutMs);
    const late = Promise.withResolvers<never>();
    const refuse = () => late.reject(new Error(`Not delivered within ${timeoutMs} ms`));
    signal.addEventListener('abort', refuse, { once: true });
    try {
      // A handler that ignores its signal must not hold up its stream for ever.
      await Promise.race([
        this.handler.deliver(event as RecordedEvent, { id, attempt, signal }),
        late.promise,
      ]);
    } finally {
      signal.removeEventListener('abort', refuse);
    }
  }
}
