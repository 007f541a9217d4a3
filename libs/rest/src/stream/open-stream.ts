import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { problemOf } from '../problems/send-problem.js';
import { toFailure } from '../problems/to-failure.js';
import { type AnyRequest } from '../request/raw.js';
import type { OpenStreams } from './open-streams.js';
import { isRefusal, StreamAccess } from './stream-access.js';
import type { StreamMessage, StreamPage, StreamSource } from './stream-source.js';

// What is handed to the connection at once, and all that a slow reader keeps waiting; one message may be larger.
const chunkLength = 32_768;
const unsurePauseMs = 1_000;

/** What a stream is made of. */
export interface StreamParts {
  readonly request: AnyRequest;
  readonly response: ServerResponse;
  readonly source: StreamSource<unknown>;
  /** An item as JSON. */
  readonly textOf: (item: unknown) => string;
  /** How long a client waits before it comes back, in milliseconds. */
  readonly retryMs: number;
}

/**
 * One open stream. It sends no faster than its reader takes, and keeps nothing for a reader that does not: of a page that
 * is not taken it remembers the cursor alone, and reads again from there.
 */
export class OpenStream {
  private readonly ending = new AbortController();
  private readonly access: StreamAccess;
  private cursor: string;
  private sentCursor: string;
  private waiting = false;
  private wroteAt = performance.now();
  private slowSince: number | undefined;
  private resume: (() => void) | undefined;

  constructor(
    private readonly parts: StreamParts,
    private readonly streams: OpenStreams,
  ) {
    this.cursor = this.sentCursor = parts.source.cursor;
    this.access = new StreamAccess(parts.request, streams.settings);
    parts.response.on('close', () => {
      this.ending.abort();
      this.resume?.();
    });
  }

  /** Sends until either side ends it. It does not throw. */
  async run(): Promise<void> {
    const { source, retryMs } = this.parts;
    this.streams.add(this);
    try {
      // A client that is cut off before its first message loses nothing either.
      await this.write(`retry: ${retryMs}\nid: ${this.cursor}\n\n`);
      while (this.isOpen) {
        const flows = await this.sendNext();
        if (flows === 'slow') await this.flushed();
        if (flows !== 'idle') continue;
        this.waiting = true;
        this.cursor = await source.wait(this.cursor, this.ending.signal);
        this.waiting = false;
        this.access.noteChange();
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.streams.delete(this);
    }
  }

  /** Ends the stream. What a slow reader has not taken yet nobody waits for. */
  end(lastWords = ''): void {
    const { response } = this.parts;
    this.ending.abort();
    this.resume?.();
    if (response.writableLength > 0) response.destroy();
    else response.end(lastWords);
  }

  /** Called once a second, or more often if something is to happen sooner. */
  tick(now: number): void {
    const { heartbeatMs, slowMs } = this.streams.settings;
    const { response } = this.parts;
    this.slowSince = response.writableLength > 0 ? (this.slowSince ?? now) : undefined;
    if (this.slowSince !== undefined && now - this.slowSince >= slowMs) response.destroy();
    else if (this.access.isOver(now)) this.end();
    else if (this.access.isDue(now)) void this.recheck();
    if (!this.isOpen || !this.waiting || this.slowSince !== undefined) return;
    if (now - this.wroteAt >= heartbeatMs) this.beat();
  }

  private get isOpen(): boolean {
    return !this.ending.signal.aborted;
  }

  /** Sends the next page; whether the reader took it, and there may be more. */
  private async sendNext(): Promise<'more' | 'idle' | 'slow'> {
    const { source } = this.parts;
    if (!(await this.isPermitted())) return 'more';
    const recent = await source.recent?.(this.cursor);
    if (recent) return this.send(recent);
    return this.streams.pages.hold(async () =>
      this.isOpen ? this.send(await source.read(this.cursor)) : 'idle',
    );
  }

  private async send({ messages, cursor, more }: StreamPage<unknown>): Promise<'more' | 'idle' | 'slow'> {
    let text = '';
    for (const [index, message] of messages.entries()) {
      text += this.textOf(message);
      const isLast = index === messages.length - 1;
      // Behind a message without a cursor there is no going on.
      if (message.cursor === undefined || (text.length < chunkLength && !isLast)) continue;
      this.cursor = this.sentCursor = message.cursor;
      const taken = await this.write(text);
      if (!taken) return 'slow';
      text = '';
    }
    this.cursor = cursor;
    return more ? 'more' : 'idle';
  }

  private textOf(message: StreamMessage<unknown>): string {
    const id = message.cursor === undefined ? '' : `id: ${message.cursor}\n`;
    if ('item' in message) return `${id}data: ${this.parts.textOf(message.item)}\n\n`;
    return `${id}event: removed\ndata: ${JSON.stringify({ id: message.removed })}\n\n`;
  }

  /** Hands text to the connection; false if the connection does not take all of it within a turn of the event loop. */
  private async write(text: string): Promise<boolean> {
    if (!this.isOpen) return false;
    const { response } = this.parts;
    this.wroteAt = performance.now();
    // As bytes: text would wait in twice the memory.
    response.write(Buffer.from(text), () => this.resume?.());
    await nextTurn();
    return this.noteProgress();
  }

  /** Resolves once the connection has taken everything, or is gone. */
  private async flushed(): Promise<void> {
    const { response } = this.parts;
    const bytes = response.writableLength;
    if (!this.streams.hold(bytes)) response.destroy();
    while (this.isOpen && !this.noteProgress()) {
      await new Promise<void>((resolve) => (this.resume = resolve));
    }
    this.resume = undefined;
    this.streams.release(bytes);
  }

  /** True if the connection has taken everything. */
  private noteProgress(): boolean {
    const taken = this.parts.response.writableLength === 0;
    if (taken) this.slowSince = undefined;
    return taken;
  }

  /** A comment keeps proxies from giving up; an id alone moves a client on that has had nothing to read for long. */
  private beat(): void {
    const idle = this.parts.source.idle?.(this.cursor) ?? this.cursor;
    this.parts.response.write(idle === this.sentCursor ? ':\n\n' : `id: ${idle}\n\n`);
    this.sentCursor = idle;
    this.wroteAt = performance.now();
  }

  /** False if it cannot be said just now; some time has passed then. @throws what the guard refuses with. */
  private async isPermitted(): Promise<boolean> {
    try {
      await this.access.assert();
      return true;
    } catch (error) {
      if (isRefusal(error)) throw error;
      await new Promise<void>((resolve) => setTimeout(resolve, unsurePauseMs).unref());
      return false;
    }
  }

  private async recheck(): Promise<void> {
    await this.access.check().catch((error: unknown) => {
      if (isRefusal(error)) this.fail(error);
    });
  }

  /** Says why, if there is still somebody to tell; the next request of the client is answered in full. */
  private fail(error: unknown): void {
    if (!this.isOpen) return;
    const failure = toFailure(error);
    // That the database is away others have said already, once and not for each stream.
    if (failure.status === 500)
      this.streams.logger.error(`A stream failed: ${String(error)}`, stackOf(error));
    const problem = JSON.stringify(problemOf(failure, this.parts.request));
    this.end(`event: problem\ndata: ${problem}\n\n`);
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
