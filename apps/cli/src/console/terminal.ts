import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Inject, Injectable } from '@nestjs/common';
import { ExitCode } from '../exit-codes.js';
import { IO, type Io } from '../io.js';
import { Progress } from './progress.js';

/** What commands say and ask. Results go to stdout, everything else to stderr. */
@Injectable()
export class Terminal {
  /** What the process will end with. */
  exitCode: ExitCode = ExitCode.done;
  private shown: Progress | undefined;

  constructor(@Inject(IO) readonly io: Io) {}

  /** A line of the result. Resolves once there is room for another, so that a slow reader costs no memory. */
  async print(line: string): Promise<void> {
    if (this.io.stdout.isTTY) this.shown?.stepAside();
    if (!this.io.stdout.write(`${line}\n`)) await once(this.io.stdout, 'drain');
  }

  /** The result as a JSON document, for programs. */
  printJson(value: unknown): Promise<void> {
    return this.print(JSON.stringify(value, undefined, 2));
  }

  /** Rows under headings. */
  async printTable(headings: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
    const cells = rows.map((row) => row.map(printable));
    const widths = headings.map((heading, column) =>
      Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
    );
    for (const row of [headings, ...cells]) {
      await this.print(
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      );
    }
  }

  /** A word to whoever sits there. */
  say(line: string): void {
    this.io.stderr.write(`${line}\n`);
  }

  /** Shows how far work is that may take more than a second. */
  async progress<R>(
    {
      title,
      unit,
      total,
    }: { readonly title: string; readonly unit: string; readonly total?: number | undefined },
    work: (progress: Progress) => Promise<R>,
  ): Promise<R> {
    const progress = new Progress(this.io.stderr, title, unit, total);
    this.shown = progress;
    try {
      return await work(progress);
    } finally {
      this.shown = undefined;
      progress.stop();
    }
  }

  /** True if somebody sits there and says yes. */
  async confirm(question: string): Promise<boolean> {
    const { stdin, stderr } = this.io;
    if (!stdin.isTTY || !stderr.isTTY) return false;
    const readline = createInterface({ input: stdin, output: stderr });
    try {
      return /^y(es)?$/i.test((await readline.question(`${question} [y/N] `)).trim());
    } finally {
      readline.close();
    }
  }
}

/** Text as a terminal may be given it: what others wrote must not move its cursor or ring its bell. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '�');
}
