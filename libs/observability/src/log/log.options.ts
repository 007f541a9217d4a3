import type { DestinationStream, LevelWithSilent } from 'pino';

/**
 * What is logged, how and where to.
 *
 * @example
 * const log: LogOptions = { level: 'debug', pretty: true };
 */
export interface LogOptions {
  /** Lowest level that is written. Default `info`. */
  readonly level?: LevelWithSilent;
  /** Lines for people instead of JSON; for development. Default false. */
  readonly pretty?: boolean;
  /** Whether each HTTP request gets its line. Default true. */
  readonly requests?: boolean;
  /** Key names to redact besides the built-in ones, matched without regard to case, `-` and `_`. */
  readonly redact?: readonly string[];
  /** Where lines go. Default: standard output, buffered, written without blocking. */
  readonly destination?: DestinationStream;
}
