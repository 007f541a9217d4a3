import { DatabaseError, EmbeddedServerInUse } from '@acci/database';
import { DomainError, type ErrorKind } from '@acci/event-store';
import { InvalidConfiguration } from '@acci/api';

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

const ofKind: Record<ErrorKind, ExitCode> = {
  invalid: ExitCode.refused,
  unauthenticated: ExitCode.refused,
  forbidden: ExitCode.refused,
  not_found: ExitCode.notFound,
  conflict: ExitCode.refused,
  precondition_failed: ExitCode.refused,
  too_large: ExitCode.refused,
  limited: ExitCode.unavailable,
  unavailable: ExitCode.unavailable,
};

// What comes from the network, and from a server that starts, stops, or has no connection left.
const unreachable =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|08...|57P0.|53300)$/;

/**
 * The exit code that an error ends the process with.
 *
 * @example
 * exitCodeOf(new TenantNotFound(id)); // 3
 */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof InvalidConfiguration) return ExitCode.usage;
  if (error instanceof DomainError || error instanceof DatabaseError) return ofKind[error.kind];
  if (error instanceof EmbeddedServerInUse) return ExitCode.unavailable;
  if (error instanceof AggregateError) return Math.max(...error.errors.map(exitCodeOf)) as ExitCode;
  const code = codeOf(error);
  // The commander's own: help that was asked for is 0, everything else is a wrong command line.
  if (code.startsWith('commander.'))
    return (error as { exitCode?: unknown }).exitCode === 0 ? ExitCode.done : ExitCode.usage;
  return unreachable.test(code) ? ExitCode.unavailable : ExitCode.failure;
}

/** The stable code that an error has; empty if it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
