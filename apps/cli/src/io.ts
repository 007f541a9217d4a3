import type { Readable, Writable } from 'node:stream';

/** Where text goes: a terminal, a pipe or a file. */
export type Out = Writable & { readonly isTTY?: boolean };

/** Everything of the process that a command may touch. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Results, for people or, with `--json`, for programs. */
  readonly stdout: Out;
  /** Everything else: progress, questions, errors. */
  readonly stderr: Out;
  readonly interrupt: Interrupt;
}

/** The token that provides {@link Io}. */
export const IO = Symbol('acci.cli.io');

/** Ctrl-C. Whoever can end in an orderly way asks for the signal; for the others the process just ends. */
export class Interrupt {
  private readonly controller = new AbortController();
  private heard = false;

  get signal(): AbortSignal {
    this.heard = true;
    return this.controller.signal;
  }

  /** @returns false if nobody would hear it, or it came before: then the process is to end at once. */
  raise(): boolean {
    const goesOn = this.heard && !this.controller.signal.aborted;
    this.controller.abort();
    return goesOn;
  }
}
