import { Catch, Logger, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { HttpServer } from '@nestjs/common';
import { pathOf, rawRequest, rawResponse, type AnyRequest, type AnyResponse } from '../request/raw.js';
import { stateOf } from '../request/request-state.js';
import type { Failure } from './problem.js';
import { problemOf, PROBLEM_MEDIA_TYPE, setProblemHeaders } from './send-problem.js';
import { toFailure } from './to-failure.js';

/**
 * Turns everything that is thrown into a problem. Set up by `configureApp`; the only exception filter an app
 * needs. Errors that are ours (5xx) are logged with the correlation id; their text never leaves.
 *
 * @example
 * app.useGlobalFilters(new ProblemFilter(app.getHttpAdapter()));
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  constructor(
    private readonly adapter: HttpServer,
    private readonly refused?: (request: AnyRequest, response: AnyResponse) => void,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.getArgByIndex<AnyRequest>(0);
    const response = host.getArgByIndex<AnyResponse>(1);
    let failure = toFailure(error);
    if (error instanceof NotFoundException && isUnknownRoute(error, request)) {
      failure = { status: 404, code: 'request.route.not_found', detail: 'There is no such route.' };
    }
    // Given up at its deadline and answered then: what comes of it now concerns nobody.
    if (rawResponse(response).writableEnded) return;
    if (failure.status >= 500) this.log(error, failure, request);
    if (this.adapter.isHeadersSent?.(response)) {
      this.adapter.end?.(response);
      return;
    }
    this.refused?.(request, response);
    setProblemHeaders(response, request, failure);
    this.adapter.setHeader?.(response, 'Content-Type', PROBLEM_MEDIA_TYPE);
    this.adapter.reply(response, problemOf(failure, request), failure.status);
  }

  private log(error: unknown, failure: Failure, request: AnyRequest): void {
    const raw = rawRequest(request);
    const where = `${raw.method} ${pathOf(raw)} failed with ${failure.code} [${stateOf(request).correlationId}]`;
    // An overload says so in one line; its stack teaches nothing and comes by the thousand.
    if (failure.status === 503) this.#logger.warn(`${where}: ${error instanceof Error ? error.message : ''}`);
    else this.#logger.error(where, error instanceof Error ? stackOf(error) : String(error));
  }
}

/** Nest says "no such route" with the same exception a handler says "no such thing" with. */
function isUnknownRoute(error: NotFoundException, request: AnyRequest): boolean {
  return error.message.startsWith(`Cannot ${rawRequest(request).method} /`);
}

function stackOf(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\nCaused by: ${stackOf(error.cause)}` : stack;
}
