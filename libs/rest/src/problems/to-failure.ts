import { HttpException } from '@nestjs/common';
import { HttpProblem } from './http-problem.js';
import type { Failure, Problem } from './problem.js';

/** The kinds of coded errors and their status; see "Errors" in docs/rest.md. */
const STATUS_OF_KIND = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition_failed: 412,
  too_large: 413,
  limited: 429,
  unavailable: 503,
} as const;

const CODE = /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/;

/** The codes of what HTTP itself or a plain HttpException refuses; the words are ours, so nothing leaks. */
const BY_STATUS: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['request.malformed', 'The request could not be understood.'],
  401: ['auth.credentials.missing', 'The request carries no valid credentials.'],
  403: ['auth.permission.missing', 'You may not do this.'],
  404: ['request.resource.not_found', 'There is no such resource.'],
  405: ['request.method.not_allowed', 'The resource does not know this method.'],
  406: ['request.accept.unsupported', 'The resource has no representation that the request accepts.'],
  408: ['request.timeout', 'The request did not arrive in time.'],
  409: ['request.conflict', 'The request conflicts with the state of the resource.'],
  412: ['request.precondition.failed', 'A precondition of the request does not hold.'],
  413: ['request.body.too_large', 'The body is larger than this API takes.'],
  414: ['request.url.too_long', 'The URL, or a part of its path, is longer than this API takes.'],
  415: [
    'request.media_type.unsupported',
    'The body has a media type or encoding that this route does not take.',
  ],
  417: ['request.expectation.failed', 'The expectation cannot be met.'],
  422: ['request.unprocessable', 'The request makes no sense as it is.'],
  428: ['request.precondition.required', 'The request needs a precondition.'],
  429: ['request.rate_limited', 'Too many requests.'],
  431: ['request.headers.too_large', 'The headers are larger than this API takes.'],
  501: ['request.not_implemented', 'This is not implemented.'],
  503: ['service.unavailable', 'The service cannot answer right now.'],
  504: ['request.timeout', 'The request took too long.'],
};

interface CodedError extends Error {
  readonly code: string;
  readonly kind: keyof typeof STATUS_OF_KIND;
  readonly errors?: Problem['errors'];
  readonly retryAfter?: number;
  readonly details?: Record<string, unknown>;
}

function isCoded(error: Error): error is CodedError {
  const { code, kind } = error as Partial<CodedError>;
  return (
    typeof code === 'string' &&
    CODE.test(code) &&
    typeof kind === 'string' &&
    Object.hasOwn(STATUS_OF_KIND, kind)
  );
}

/** A refusal that has a status of its own and our words. */
export function failureOfStatus(status: number): Failure {
  const known = BY_STATUS[status];
  if (known) return { status, code: known[0], detail: known[1] };
  return status >= 400 && status < 500
    ? { status, code: 'request.refused', detail: undefined }
    : { status: status >= 500 && status < 600 ? status : 500, code: 'internal_error', detail: undefined };
}

/**
 * What an error means to the caller. The one place where errors become HTTP: coded errors by their kind, HTTP's
 * own by their status, everything else an internal error whose text stays here.
 */
export function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return failureOfStatus(500);
  if (error instanceof HttpProblem) {
    const { status, code, message, errors, retryAfter, details } = error;
    return { status, code, detail: message, errors: errors?.slice(), retryAfter, details };
  }
  if (isCoded(error)) {
    const { kind, code, message, errors, retryAfter, details } = error;
    return { status: STATUS_OF_KIND[kind], code, detail: message, errors, retryAfter, details };
  }
  if (error instanceof HttpException) return ofHttpException(error);
  const { statusCode } = error as { statusCode?: unknown };
  // Fastify's and body-parser's own, where they did not pass through the adapter's mapping.
  return failureOfStatus(typeof statusCode === 'number' && statusCode < 500 ? statusCode : 500);
}

function ofHttpException(error: HttpException): Failure {
  const failure = failureOfStatus(error.getStatus());
  // A parser's error in the adapter's clothes: JSON.parse quotes the body, so our words it is.
  if (error.cause instanceof Error && ('status' in error.cause || 'statusCode' in error.cause))
    return failure;
  const body: unknown = error.getResponse();
  // `new BadRequestException(error)`: words and members of whatever was caught, a driver's SQL for example.
  if (body instanceof Error) return failure;
  if (typeof body === 'string') return failure.status < 500 ? { ...failure, detail: body } : failure;
  const { message, statusCode: _status, error: _error, ...details } = body as Record<string, unknown>;
  if (failure.status < 500 && Array.isArray(message)) {
    return { ...failure, errors: message.map((one) => ({ pointer: '', message: String(one) })), details };
  }
  return { ...failure, detail: failure.status < 500 ? error.message : failure.detail, details };
}
