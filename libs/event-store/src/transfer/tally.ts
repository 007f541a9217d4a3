import { createHash, type Hash } from 'node:crypto';
import type { BlockLine, EventLine, ManifestLine } from './transfer-lines.js';

/** How many events a block has. */
export const eventsPerBlock = 1_000;

/** What an export's hashes and counts stand for, kept the same way by the one who writes it and the one who reads. */
export class Tally {
  private readonly hash: Hash = createHash('sha256');
  private events = 0;
  private streams = 0;
  private readonly types = new Map<string, number>();

  /** Counts the bytes of a line with the newline that ends it. */
  bytes(line: string | Uint8Array): void {
    this.hash.update(line).update('\n');
  }

  event({ type, version }: Pick<EventLine, 'type' | 'version'>): void {
    this.events += 1;
    // Versions have no gaps, so a stream has a first event, and only one.
    if (version === 1) this.streams += 1;
    this.types.set(type, (this.types.get(type) ?? 0) + 1);
  }

  /** True after the last event of a block. */
  get blockIsFull(): boolean {
    return this.events % eventsPerBlock === 0;
  }

  block(): BlockLine {
    return { kind: 'block', events: this.events, sha256: this.hash.copy().digest('hex') };
  }

  manifest(): ManifestLine {
    const { events, streams } = this;
    const types = Object.fromEntries([...this.types].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    return { kind: 'manifest', events, streams, types, sha256: this.hash.copy().digest('hex') };
  }
}
