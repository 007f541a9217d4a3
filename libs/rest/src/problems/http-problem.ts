/**
 * One thing that is wrong with a request.
 *
 * @example
 * const error: ProblemDetail = { pointer: '/slug', message: 'Invalid string: must match pattern', in: 'body' };
 */
export interface ProblemDetail {
  /** JSON pointer (RFC 6901) into what `in` names; empty: the whole of it. */
  readonly pointer: string;
  readonly message: string;
  /** What the pointer points into; the body unless said otherwise. */
  readonly in?: 'body' | 'query' | 'path';
}

/**
 * An error that knows its HTTP status. For what only HTTP knows; an error of the domain has a `code` and a `kind`
 * instead and never hears of HTTP.
 *
 * @example
 * throw new HttpProblem(400, 'request.cursor.invalid', 'The cursor was not made by this API.');
 */
export class HttpProblem extends Error {
  /** Seconds after which it makes sense to try again, for `Retry-After`. */
  readonly retryAfter?: number;
  readonly errors?: readonly ProblemDetail[];
  /** Extension members of the problem: they leave. */
  readonly details?: Readonly<Record<string, unknown>>;

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    more: {
      errors?: readonly ProblemDetail[];
      retryAfter?: number;
      details?: Record<string, unknown>;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'HttpProblem';
    this.errors = more.errors;
    this.retryAfter = more.retryAfter;
    this.details = more.details;
  }
}

/** 401: nobody was identified where somebody must be. */
export function unauthenticated(): HttpProblem {
  return new HttpProblem(401, 'auth.credentials.missing', 'The request carries no valid credentials.');
}
