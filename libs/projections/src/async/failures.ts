import { DatabaseBusy, DatabaseUnavailable, TransactionContended } from '@acci/database';
import { formatPosition, type RecordedEvent } from '@acci/event-store';
import type { ProjectionFailure } from '../projection-state.js';
import type { RunnerSettings } from '../projections.options.js';

/**
 * True if the database could not do its part, whoever asked: such a failure says nothing about an event. A time-out
 * is not among them; it may well be the handler's own doing.
 */
export function isUnavailable(error: unknown): boolean {
  return (
    error instanceof DatabaseUnavailable ||
    error instanceof DatabaseBusy ||
    error instanceof TransactionContended
  );
}

/** How long to wait after the nth failure in a row, with jitter, so that what failed together is not tried together. */
export function backoffMs(failures: number, { minMs, maxMs }: RunnerSettings['retry']): number {
  return Math.min(maxMs, minMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}

/** What may be kept of a failure, for operators who are not entitled to the tenant's data. */
export function failureOf(event: RecordedEvent, error: unknown): ProjectionFailure {
  return {
    position: formatPosition(event.position),
    eventId: event.id,
    eventType: event.type,
    tenantId: event.tenantId,
    message: describe(error, event),
    failedAt: new Date().toISOString(),
  };
}

const longest = 300;

/** An error in one line. PostgreSQL and handlers quote values in their messages: those of the event are left out. */
export function describe(error: unknown, { data }: Pick<RecordedEvent, 'data'>): string {
  if (!(error instanceof Error)) return 'The handler threw something that is no Error';
  const { code, severity } = error as { code?: string; severity?: string };
  let message = severity === undefined ? error.message : error.message.replaceAll(/: ".*"/gs, ': "…"');
  for (const text of textsIn(data)) message = message.replaceAll(text, '…');
  const prefix = code === undefined ? error.name : `${error.name} ${code}`;
  return `${prefix}: ${message}`.replaceAll(/\p{Cc}+/gu, ' ').slice(0, longest);
}

/** The texts in some data, the longest first; what is too short to tell anything would only garble the message. */
function textsIn(data: unknown): string[] {
  const texts: string[] = [];
  JSON.stringify(data, (_, value: unknown) => {
    if (typeof value === 'string' && value.length > 2) texts.push(value);
    return value;
  });
  return texts.toSorted((a, b) => b.length - a.length);
}
