import { destination } from 'pino';
import type { DestinationStream } from 'pino';

// Lines wait for company at most this long, in milliseconds, and in at most this number.
const MAX_DELAY_MS = 20;
const MAX_LINES = 128;

/**
 * Standard output for a log: lines are collected and written together, without blocking. A write per line costs more
 * than making the line. So does pino's own buffering (`minLength`), which measures all it holds anew with each line;
 * hence lines are collected here, and pino's destination gets them joined.
 *
 * Nothing is lost at `fatal` (pino calls `flushSync`) or when the process exits, for whatever reason but a kill -9.
 */
export class StandardOutput implements DestinationStream {
  private readonly output = destination({ dest: 1, sync: false });
  private readonly handOver = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.lines.length === 0) return;
    this.output.write(this.lines.join(''));
    this.lines = [];
  };
  private lines: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor() {
    // Before the destination's own listener, which writes out what it has been given and closes.
    process.prependListener('exit', this.handOver);
  }

  write(line: string): void {
    this.lines.push(line);
    if (this.closed || this.lines.length >= MAX_LINES) this.handOver();
    else this.timer ??= setTimeout(this.handOver, MAX_DELAY_MS);
  }

  flushSync(): void {
    this.handOver();
    this.output.flushSync();
  }

  /** Writes what waits and stops collecting; lines that still come are passed on at once. */
  close(): void {
    this.closed = true;
    process.removeListener('exit', this.handOver);
    this.flushSync();
  }
}
