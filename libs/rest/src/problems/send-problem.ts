import { STATUS_CODES, type ServerResponse } from 'node:http';
import { pathOf, rawRequest, rawResponse, type AnyRequest, type AnyResponse } from '../request/raw.js';
import { stateOf } from '../request/request-state.js';
import type { Failure, Problem } from './problem.js';

/** The media type of a problem. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

const URI_REFERENCE = /^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]{1,2048}$/;

/** The problem a failure is in the request where it happened. */
export function problemOf(failure: Failure, request: AnyRequest): Problem {
  const path = pathOf(rawRequest(request));
  return {
    // First, so that no extension member can pose as one of ours.
    ...failure.details,
    type: `urn:acci:problem:${failure.code}`,
    title: STATUS_CODES[failure.status] ?? 'Error',
    status: failure.status,
    detail: failure.detail,
    instance: URI_REFERENCE.test(path) ? path : undefined,
    code: failure.code,
    correlationId: stateOf(request).correlationId,
    errors: failure.errors,
  };
}

/** Sets the headers every problem has, and those that go with its status. */
export function setProblemHeaders(response: AnyResponse, request: AnyRequest, failure: Failure): void {
  const raw = rawResponse(response);
  raw.setHeader('X-Correlation-Id', stateOf(request).correlationId);
  raw.setHeader('Cache-Control', 'no-store');
  // Set before the failure, and true of what did not come to be.
  for (const name of ['ETag', 'Link', 'Content-Encoding', 'Content-Disposition', 'Last-Modified'])
    raw.removeHeader(name);
  if (failure.retryAfter !== undefined) raw.setHeader('Retry-After', String(Math.ceil(failure.retryAfter)));
  // A guard may have said more: RFC 6750's error="invalid_token".
  if (failure.status === 401 && !raw.hasHeader('WWW-Authenticate'))
    raw.setHeader('WWW-Authenticate', 'Bearer');
}

/** Answers with a problem past the framework: where there is none (yet), or it is not to be waited for. */
export function sendRawProblem(response: ServerResponse, request: AnyRequest, failure: Failure): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  setProblemHeaders(response, request, failure);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  const body = Buffer.from(JSON.stringify(problemOf(failure, request)));
  response.writeHead(failure.status, { 'Content-Type': PROBLEM_MEDIA_TYPE, 'Content-Length': body.length });
  response.end(body);
}
