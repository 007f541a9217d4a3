import { InvalidConfiguration } from '@acci/api';
import { DatabaseError, EmbeddedServerInUse } from '@acci/database';
import { DomainError, type ErrorKind } from '@acci/event-store';
import { codeOf, ExitCode, UsageError, usageOf } from './exit-codes.js';

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
  return usageOf(error) ?? (unreachable.test(codeOf(error)) ? ExitCode.unavailable : ExitCode.failure);
}
