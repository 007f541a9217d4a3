import { formatPosition, parsePosition, type Position, type RecordedEvent } from '@acci/event-store';
import { printable } from '../console/terminal.js';
import { UsageError } from '../exit-codes.js';

/** An event as JSON holds it: one line, for programs. */
export function eventJson({ position, recordedAt, ...event }: RecordedEvent): string {
  return JSON.stringify({
    position: formatPosition(position),
    ...event,
    recordedAt: recordedAt.toISOString(),
  });
}

/** An event in one line, for people. */
export function eventLine(event: RecordedEvent): string {
  const { position, recordedAt, tenantId, type, streamId, version, metadata } = event;
  const place = `${formatPosition(position).padEnd(14)} ${recordedAt.toISOString()}`;
  return printable(`${place}  ${tenantId}  ${type}  ${streamId}@${version}  ${metadata.actor}`);
}

/** @throws {UsageError} for text that is no position. */
export function positionOf(text: string): Position {
  const position = parsePosition(text);
  if (!position) throw new UsageError(`${text} is no position, such as 1.7421.98`);
  return position;
}

/** @returns types that were given separated by commas. */
export function typesOf(text: string): string[] {
  return text.split(',').map((type) => type.trim());
}

/** @throws {UsageError} for what is no number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`${text} is no number above 0`);
  return value;
}
