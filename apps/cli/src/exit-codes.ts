/** What the process ends with. Scripts rely on these numbers: they never change. */
export const ExitCode = {
  /** Done as asked. */
  done: 0,
  /** Something went wrong, or a check found what it was looking for. */
  failure: 1,
  /** The command line or the environment is not as it must be; nothing was done. */
  usage: 2,
  /** What was named is not there. */
  notFound: 3,
  /** The platform refused, wholly or in part. To ask again without changing anything is no use. */
  refused: 4,
  /** The database cannot be reached or is busy. To ask again later may help. */
  unavailable: 5,
  /** Ctrl-C came before the work was done. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The command line asks for something that makes no sense; the message says what. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws {UsageError} for a value that is none of those that an option takes. */
export function oneOf<T extends string>(choices: readonly T[], value: string): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new UsageError(`${value} is none of ${choices.join(', ')}`);
  return found;
}

/** The stable code that an error has; empty if it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** What the commander ends with, if an error is its own: help that was asked for is 0, a wrong command line is 2. */
export function usageOf(error: unknown): ExitCode | undefined {
  if (!codeOf(error).startsWith('commander.')) return undefined;
  return (error as { exitCode?: unknown }).exitCode === 0 ? ExitCode.done : ExitCode.usage;
}
