import type { EventResponse } from '../http/events.schemas.js';
import { comparePositions, type Position } from '../position.js';
import { toPosition, type RecordedRow } from '../store/rows.js';
import type { Sized } from '../store/sized-page.js';

/** A stored event of the tail. */
export class TailEntry {
  readonly place: Position;
  private readonly shown: { raw?: Promise<EventResponse[]>; read?: Promise<EventResponse[]> } = {};

  constructor(readonly row: RecordedRow) {
    this.place = toPosition(row);
  }

  /** What it is shown as: made once for all streams, which share it. What fails is tried again by the next one. */
  shownAs(raw: boolean, show: () => Promise<EventResponse[]>): Promise<EventResponse[]> {
    const form = raw ? 'raw' : 'read';
    const showing = (this.shown[form] ??= show());
    showing.catch(() => {
      if (this.shown[form] === showing) delete this.shown[form];
    });
    return showing;
  }
}

/** Some rows that were read together. */
interface Stretch {
  readonly entries: readonly TailEntry[];
  readonly bytes: number;
  readonly readAt: number;
}

/** How much of the log is kept. */
export interface WindowBounds {
  readonly rows: number;
  readonly bytes: number;
  /** In milliseconds. Short: what is personal in an event must not be told for long after somebody was forgotten. */
  readonly ageMs: number;
}

/** The last events of the log, of all tenants: every settled one after {@link from}. */
export class TailWindow {
  private stretches: Stretch[] = [];
  private rows = 0;
  private bytes = 0;
  private oldest: Position;
  private latest: Position;

  constructor(
    start: Position,
    private readonly bounds: WindowBounds,
  ) {
    this.oldest = this.latest = start;
  }

  /** The last place that was looked at. */
  get through(): Position {
    return this.latest;
  }

  /** True if nothing after a place is missing. */
  reaches(place: Position): boolean {
    return comparePositions(place, this.oldest) >= 0;
  }

  /** A tenant's events after a place that the window reaches back to. */
  after(place: Position, tenantId: string): TailEntry[] {
    const found: TailEntry[] = [];
    for (let index = this.firstAfter(place); index < this.stretches.length; index += 1) {
      for (const entry of this.stretches[index]?.entries ?? []) {
        if (entry.row.tenant_id === tenantId && comparePositions(entry.place, place) > 0) found.push(entry);
      }
    }
    return found;
  }

  /** Adds what comes next in the log, and lets go of what is too much. */
  add(rows: readonly (RecordedRow & Sized)[], now: number): void {
    const entries = rows.map((row) => new TailEntry(row));
    const last = entries.at(-1);
    if (!last) return;
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
    this.stretches.push({ entries, bytes, readAt: now });
    this.rows += rows.length;
    this.bytes += bytes;
    this.latest = last.place;
    while (this.stretches.length > 1 && (this.rows > this.bounds.rows || this.bytes > this.bounds.bytes)) {
      this.dropFirst();
    }
  }

  /** Lets go of what is too old. */
  expire(now: number): void {
    while (this.stretches[0] && now - this.stretches[0].readAt >= this.bounds.ageMs) this.dropFirst();
  }

  private dropFirst(): void {
    const first = this.stretches.shift();
    const last = first?.entries.at(-1);
    if (!first || !last) return;
    this.oldest = last.place;
    this.rows -= first.entries.length;
    this.bytes -= first.bytes;
  }

  /** The first stretch that ends after a place: nearly always the last one. */
  private firstAfter(place: Position): number {
    let index = this.stretches.length;
    while (index > 0) {
      const last = this.stretches[index - 1]?.entries.at(-1);
      if (!last || comparePositions(last.place, place) <= 0) break;
      index -= 1;
    }
    return index;
  }
}
