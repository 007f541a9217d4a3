import { Aggregate, unhandledEvent } from '@acci/event-store';
import { DeadLetterDiscarded, DeadLetterRetried, type DeadLetterEvent } from './dead-letter.events.js';

/** The framework's own: what operators did to a dead letter, and why. */
export class DeadLetterActs extends Aggregate<DeadLetterEvent> {
  static readonly streamType = 'acci.dead_letter';
  static readonly events = [DeadLetterRetried, DeadLetterDiscarded];

  retry(data: DeadLetterEvent['data']): void {
    this.record(DeadLetterRetried.of(data));
  }

  discard(data: DeadLetterEvent['data']): void {
    this.record(DeadLetterDiscarded.of(data));
  }

  protected apply(event: DeadLetterEvent): void {
    switch (event.type) {
      case 'acci.dead_letter.retried':
      case 'acci.dead_letter.discarded':
        return;
      default:
        unhandledEvent(event);
    }
  }
}
