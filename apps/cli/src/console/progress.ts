import { SingleBar } from 'cli-progress';
import type { Out } from '../io.js';
import { progressLine, type Advance } from './progress-line.js';

// Work that is done sooner needs no bar.
const patienceMs = 1_000;
// For whatever is printed in one go.
const asideMs = 20;

/** Shows how far some work is: on a terminal, once it has taken a second. */
export class Progress {
  private began = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private bar: SingleBar | undefined;
  private advance: Pick<Advance, 'done' | 'total' | 'rate'>;

  constructor(
    private readonly out: Out,
    private title: string,
    private unit: string,
    total?: number,
  ) {
    this.advance = { done: 0, total };
    if (out.isTTY) this.showIn(patienceMs);
  }

  /** @param total where it has become known or changed. */
  update(done: number, total = this.advance.total, rate?: number): void {
    this.advance = { done, total, rate };
  }

  /** The work goes on with something else, of which there is another number. */
  stage(title: string, unit: string): void {
    if (title === this.title) return;
    this.title = title;
    this.unit = unit;
    this.began = performance.now();
    this.advance = { done: 0, total: undefined };
  }

  /** Takes the bar away for a moment, in which something else is printed on the same screen. */
  stepAside(): void {
    if (!this.bar) return;
    this.bar.stop();
    this.bar = undefined;
    this.showIn(asideMs);
  }

  /** Takes the bar away. */
  stop(): void {
    clearTimeout(this.timer);
    this.bar?.stop();
  }

  private showIn(ms: number): void {
    this.timer = setTimeout(() => this.show(), ms).unref();
  }

  private show(): void {
    const format = () =>
      progressLine({
        title: this.title,
        unit: this.unit,
        ...this.advance,
        elapsedMs: performance.now() - this.began,
      });
    this.bar = new SingleBar({
      format,
      stream: this.out,
      clearOnComplete: true,
      gracefulExit: false,
    });
    this.bar.start(1, 0);
  }
}
