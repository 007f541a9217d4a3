import type { DestinationStream } from 'pino';

/**
 * A log destination that keeps its lines, for tests that look at them.
 *
 * @example
 * const log = new LogCapture();
 * const module = ObservabilityModule.forRoot({ serviceName: 'test', log: { destination: log } });
 * log.lines.filter((line) => line['msg'] === 'request');
 */
export class LogCapture implements DestinationStream {
  /** What was written, as text, in order. */
  readonly written: string[] = [];

  write(line: string): void {
    this.written.push(line);
  }

  /** What was written, parsed; each line is one JSON object. */
  get lines(): Record<string, unknown>[] {
    return this.written.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}
