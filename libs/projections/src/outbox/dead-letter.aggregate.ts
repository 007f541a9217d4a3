import { Aggregate, unhandledEvent } from '@acci/event-store';
import {
  DeadLetterDelivered,
  DeadLetterDiscarded,
  deadLetterEvents,
  DeadLetterOpened,
  DeadLetterRetried,
  type DeadLetterActEvent,
  type DeadLetterEvent,
  type DeadLetterFateEvent,
} from './dead-letter.events.js';

/** The framework's own: what became of a delivery, and what operators did about it, and why. */
export class DeadLetterActs extends Aggregate<DeadLetterEvent> {
  static readonly streamType = 'acci.dead_letter';
  static readonly events = deadLetterEvents;

  open(data: DeadLetterFateEvent['data']): void {
    this.record(DeadLetterOpened.of(data));
  }

  deliver(data: DeadLetterFateEvent['data']): void {
    this.record(DeadLetterDelivered.of(data));
  }

  retry(data: DeadLetterActEvent['data']): void {
    this.record(DeadLetterRetried.of(data));
  }

  discard(data: DeadLetterActEvent['data']): void {
    this.record(DeadLetterDiscarded.of(data));
  }

  protected apply(event: DeadLetterEvent): void {
    switch (event.type) {
      case 'acci.dead_letter.opened':
      case 'acci.dead_letter.retried':
      case 'acci.dead_letter.delivered':
      case 'acci.dead_letter.discarded':
        return;
      default:
        unhandledEvent(event);
    }
  }
}
