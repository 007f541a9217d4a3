import {
  type AnyRequest,
  type AnyResponse,
  HttpProblem,
  ProblemFilter,
  rawRequest,
  rawResponse,
} from '@acci/rest';
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ClientRefused, TokenRefused } from './token.errors.js';

/**
 * Answers refusals as RFC 6749 wants it (section 5.2), which clients of OAuth 2.0 read. What has nothing to do with
 * OAuth 2.0, such as a rate limit, is a problem as everywhere.
 */
@Catch()
export class TokenErrorFilter implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const refused = refusalOf(error);
    if (refused) return this.refuse(refused, host);
    const problems: ExceptionFilter = new ProblemFilter(this.host.httpAdapter);
    // oxlint-disable-next-line no-promise-in-callback -- a filter's catch, not a promise's
    problems.catch(error, host);
  }

  private refuse(refused: TokenRefused, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<AnyResponse>();
    const unknown = refused instanceof ClientRefused;
    const raw = rawResponse(response);
    const offered = rawRequest(http.getRequest<AnyRequest>()).headers.authorization;
    if (unknown && offered !== undefined) raw.setHeader('WWW-Authenticate', 'Basic realm="token"');
    raw.setHeader('Cache-Control', 'no-store');
    raw.setHeader('Pragma', 'no-cache');
    const { httpAdapter } = this.host;
    httpAdapter.setHeader(response, 'Content-Type', 'application/json; charset=utf-8');
    const body = { error: refused.error, error_description: refused.description };
    httpAdapter.reply(response, body, unknown ? 401 : 400);
  }
}

function refusalOf(error: unknown): TokenRefused | undefined {
  if (error instanceof TokenRefused) return error;
  if (!(error instanceof HttpProblem) || error.code !== 'request.invalid') return undefined;
  const names = new Set(error.errors?.map(({ pointer }) => pointer.slice(1)));
  return new TokenRefused('invalid_request', `Missing, sent twice, or too long: ${[...names].join(', ')}.`);
}
