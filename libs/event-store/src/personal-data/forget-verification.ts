import type { Transaction } from '@acci/database';
import { comparePositions, formatPosition, type Position } from '../position.js';
import { streamsOf, type EventOfSubject } from './events-of-subject.js';
import type { ForgetReceipt } from './forget-receipt.js';
import { selectRemains } from './forget-statements.js';

/** What a tenant's tables still have of a subject that they must not have. */
export async function remains(
  { tenantId, subject, forgottenAt }: ForgetReceipt,
  events: readonly EventOfSubject[],
  tx: Transaction,
): Promise<string[]> {
  const [left] = await tx.query<{ destroyed: boolean; claims: number; snapshots: number }>(selectRemains, [
    tenantId,
    subject,
    forgottenAt,
    streamsOf(events),
  ]);
  return [
    ...(left?.destroyed ? [] : ['the key is there']),
    ...(left?.claims ? [`acci.unique_claims has ${left.claims} values`] : []),
    ...(left?.snapshots ? [`acci.snapshots has ${left.snapshots} snapshots from before`] : []),
  ];
}

/** How the log differs from a receipt. */
export function eventProblems(receipt: ForgetReceipt, events: readonly EventOfSubject[]): string[] {
  const same =
    events.length === receipt.events.length &&
    events.every(
      ({ position }, index) => comparePositions(position, receipt.events[index] as Position) === 0,
    );
  const others = `the log has ${events.length} events with the subject's data, or others than the receipt's`;
  return [
    ...(same ? [] : [others]),
    ...events
      .filter(({ sealed }) => !sealed)
      .map(({ position }) => `the event at ${formatPosition(position)} has a personal field in clear`),
  ];
}
