import { z } from 'zod';
import { Aggregate, unhandledEvent } from '../aggregate/aggregate.js';
import { defineEvent, type EventOf } from '../event/event-definition.js';

/**
 * A person was forgotten. The event stands in a stream of its own, named by the receipt, and comes after every event
 * about the person; whoever keeps copies of personal data subscribes to it.
 */
export const SubjectWasForgotten = defineEvent({
  type: 'acci.subject.forgotten',
  version: 1,
  schema: z.object({
    subject: z.string(),
    /** How many events had personal data of the subject. */
    events: z.int().nonnegative(),
    /** How many rows were replaced or removed at once, by table. */
    rows: z.record(z.string(), z.int().nonnegative()),
  }),
});
export type SubjectWasForgotten = EventOf<typeof SubjectWasForgotten>;

/** The framework's own: the stream in which it stands that a person was forgotten. */
export class ForgottenSubject extends Aggregate<SubjectWasForgotten> {
  static readonly streamType = 'acci.subject';
  static readonly events = [SubjectWasForgotten];

  static of(receiptId: string, data: SubjectWasForgotten['data']): ForgottenSubject {
    const forgotten = new ForgottenSubject(receiptId);
    forgotten.record(SubjectWasForgotten.of(data));
    return forgotten;
  }

  protected apply(event: SubjectWasForgotten): void {
    if (event.type !== SubjectWasForgotten.type) unhandledEvent(event.type);
  }
}
