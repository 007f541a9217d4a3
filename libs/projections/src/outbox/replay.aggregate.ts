import { Aggregate, unhandledEvent } from '@acci/event-store';
import { SubscriptionReplayed } from './replay.events.js';

/** The framework's own: the stream in which it stands that a subscription was replayed. */
export class SubscriptionReplay extends Aggregate<SubscriptionReplayed> {
  static readonly streamType = 'acci.subscription';
  static readonly events = [SubscriptionReplayed];

  static of(id: string, data: SubscriptionReplayed['data']): SubscriptionReplay {
    const replay = new SubscriptionReplay(id);
    replay.record(SubscriptionReplayed.of(data));
    return replay;
  }

  protected apply(event: SubscriptionReplayed): void {
    if (event.type !== SubscriptionReplayed.type) unhandledEvent(event.type);
  }
}
