import { LineTooLong, linesOf } from './lines-of.js';
import { Spool } from './spool.js';
import { Tally } from './tally.js';
import { EventLine, TransferLine, type HeaderLine, type ManifestLine } from './transfer-lines.js';
import {
  TransferDamaged,
  TransferredEventRefused,
  TransferTruncated,
  TransferUnreadable,
} from './transfer.errors.js';

/** An export that was read to its end and found whole. */
export interface VerifiedTransfer {
  readonly header: HeaderLine;
  readonly manifest: ManifestLine;
  /** The events in their order, some at a time; they can be read several times. */
  readonly events: () => AsyncGenerator<readonly EventLine[]>;
  /** Lets go of what was kept of it. */
  close(): Promise<void>;
}

/** How an export is verified. */
export interface VerifyOptions {
  /** Checks an event and returns its data as it shall be stored. What it throws refuses the export. */
  readonly accept: (event: EventLine) => unknown;
  /** The longest line, in bytes. */
  readonly maxLineBytes: number;
  /** Where the events are kept meanwhile; the system's directory for temporary files unless given. */
  readonly directory?: string | undefined;
}

/**
 * Reads an export to its end and compares all hashes and counts, before anything is done with it. It takes as little
 * memory for a large export as for a small one.
 *
 * @throws {TransferUnreadable} {@link TransferTruncated} {@link TransferDamaged} {@link TransferredEventRefused}
 */
export async function verifyTransfer(
  source: AsyncIterable<Uint8Array>,
  { accept, maxLineBytes, directory }: VerifyOptions,
): Promise<VerifiedTransfer> {
  const spool = await Spool.open(directory);
  try {
    const reading = new Reading(spool, accept);
    try {
      for await (const line of linesOf(source, maxLineBytes)) await reading.take(line);
    } catch (error) {
      if (!(error instanceof LineTooLong)) throw error;
      throw new TransferUnreadable(reading.line + 1, `has more than ${maxLineBytes} bytes`);
    }
    const { header, manifest } = reading.whole();
    return { header, manifest, events: () => eventsOf(spool), close: () => spool.close() };
  } catch (error) {
    await spool.close();
    throw error;
  }
}

/** Where the reading of an export is. */
class Reading {
  line = 0;
  private readonly tally = new Tally();
  private header: HeaderLine | undefined;
  private manifest: ManifestLine | undefined;

  constructor(
    private readonly spool: Spool,
    private readonly accept: VerifyOptions['accept'],
  ) {}

  async take(bytes: Buffer): Promise<void> {
    this.line += 1;
    const line = this.parse(bytes);
    if ((line.kind === 'header') !== (this.line === 1)) throw new TransferDamaged(this.line);
    if (this.manifest) throw new TransferDamaged(this.line);
    if (line.kind === 'header') this.header = line;
    else if (line.kind === 'event') await this.takeEvent(line);
    else if (line.kind === 'block') this.compare(line, this.tally.block());
    else {
      this.compare(line, this.tally.manifest());
      this.manifest = line;
    }
    this.tally.bytes(bytes);
  }

  whole(): { readonly header: HeaderLine; readonly manifest: ManifestLine } {
    const { header, manifest } = this;
    if (!header || !manifest) throw new TransferTruncated(this.line);
    return { header, manifest };
  }

  private parse(bytes: Buffer): TransferLine {
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString());
    } catch (cause) {
      throw new TransferUnreadable(this.line, 'is no JSON', { cause });
    }
    const parsed = TransferLine.safeParse(value);
    if (!parsed.success) {
      throw new TransferUnreadable(this.line, 'is none that an export has', { cause: parsed.error });
    }
    return parsed.data;
  }

  private async takeEvent(event: EventLine): Promise<void> {
    let data: unknown;
    try {
      data = this.accept(event);
    } catch (error) {
      throw error instanceof Error ? new TransferredEventRefused(this.line, error) : error;
    }
    this.tally.event(event);
    await this.spool.write(JSON.stringify({ ...event, data }));
  }

  private compare(told: object, counted: object): void {
    // Types are compared in sorted order: they may have been written in another one.
    if (canonical(told) !== canonical(counted)) throw new TransferDamaged(this.line);
  }
}

function canonical(value: object): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object'
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

// What is written at once: as many events as a statement takes well, and no more than memory does.
const eventsAtOnce = 500;
const charactersAtOnce = 4 * 1024 * 1024;

async function* eventsOf(spool: Spool): AsyncGenerator<readonly EventLine[]> {
  let events: EventLine[] = [];
  let characters = 0;
  for await (const line of spool.lines()) {
    // They were checked before they were written, and the key that they are read with is nobody else's.
    events.push(JSON.parse(line) as EventLine);
    characters += line.length;
    if (events.length < eventsAtOnce && characters < charactersAtOnce) continue;
    yield events;
    events = [];
    characters = 0;
  }
  if (events.length > 0) yield events;
}
