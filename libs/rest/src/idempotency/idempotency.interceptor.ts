import {
  Logger,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { hash } from 'node:crypto';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { HttpProblem } from '../problems/http-problem.js';
import { problemOf, PROBLEM_MEDIA_TYPE } from '../problems/send-problem.js';
import { toFailure } from '../problems/to-failure.js';
import {
  type AnyRequest,
  type AnyResponse,
  headerOf,
  rawRequest,
  rawResponse,
  targetOf,
} from '../request/raw.js';
import { stateOf } from '../request/request-state.js';
import type { IdempotencyBegin, IdempotencyStore, StoredResponse } from './idempotency-store.js';
import { shownOnce } from './shown-once.decorator.js';

/** What an answer is, as opposed to how it travelled. */
const KEPT_HEADERS = ['location', 'etag', 'event-position', 'link', 'content-location', 'retry-after'];
/** Refusals of the moment: asked again, the answer may be another. */
const PASSING = new Set([408, 425, 429]);

type AppRequest = AnyRequest & { readonly body?: unknown };
type AppResponse = AnyResponse & {
  statusCode: number;
  getHeader(name: string): string | number | readonly string[] | undefined;
};

/**
 * Makes a POST with an `Idempotency-Key` happen once: the first answer is kept and given again. `configureApp`
 * puts it on every POST that isn't `@Streamed`, and on nothing else: reads don't pay for its Observables. Without
 * a key, or without an identity, it does nothing. It has no state, as it is shared by all apps of a process.
 */
export class IdempotencyInterceptor implements NestInterceptor {
  readonly #logger = new Logger(IdempotencyInterceptor.name);

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<AppRequest>();
    const state = stateOf(request);
    const header = headerOf(rawRequest(request), 'idempotency-key');
    if (header === undefined || !state.identity || !state.idempotency) return next.handle();
    const { store, leaseMs } = state.idempotency;
    const key = parseIdempotencyKey(header);
    state.commandId = key;
    const { tenantId } = state.identity;
    const response = context.switchToHttp().getResponse<AppResponse>();
    const found = await store.begin(tenantId, key, fingerprintOf(request, state.identity.actor), leaseMs);
    if (found.state === 'done') return of(replay(response, found.response));
    if (found.state !== 'new') throw refusal(found);
    const held = heldKey(store, tenantId, key, found.token);
    return of(await this.run(held, request, response, next, shownOnce(context.getHandler())));
  }

  /** Works, and keeps the answer before it leaves: a caller that has seen it can rely on seeing it again. */
  private async run(
    held: HeldKey,
    request: AppRequest,
    response: AppResponse,
    next: CallHandler,
    hidden: readonly string[],
  ): Promise<unknown> {
    let value: unknown;
    try {
      value = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (error) {
      const failure = toFailure(error);
      await this.settle(async () => {
        if (failure.status >= 500 || PASSING.has(failure.status)) {
          await held.release();
          return;
        }
        const body = JSON.stringify(problemOf(failure, request));
        await held.complete({ status: failure.status, headers: {}, body });
      });
      throw error;
    }
    await this.settle(() =>
      isStream(value) ? held.release() : held.complete(storedResponse(response, value, hidden)),
    );
    return value;
  }

  /** What happened has happened: that its answer could not be kept must not turn it into a failure. */
  private async settle(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#logger.error(
        'An idempotent answer could not be kept',
        error instanceof Error ? error.stack : error,
      );
    }
  }
}

function refusal(found: Extract<IdempotencyBegin, { state: 'in_flight' | 'mismatch' }>): HttpProblem {
  if (found.state === 'mismatch') {
    const text = 'This Idempotency-Key was used with another request.';
    return new HttpProblem(422, 'request.idempotency.key_reused', text);
  }
  const text = 'A request with this Idempotency-Key is being worked on.';
  return new HttpProblem(409, 'request.idempotency.in_flight', text, { retryAfter: found.retryAfter });
}

/** A key that is ours. */
interface HeldKey {
  complete(response: StoredResponse): Promise<void>;
  release(): Promise<void>;
}

function heldKey(store: IdempotencyStore, tenantId: string, key: string, token: string): HeldKey {
  return {
    complete: (response) => store.complete(tenantId, key, token, response),
    release: () => store.release(tenantId, key, token),
  };
}

/**
 * The key of an `Idempotency-Key` header: 1 to 255 visible ASCII characters, bare or in quotes.
 *
 * @throws HttpProblem 400 `request.idempotency.key_invalid`
 */
export function parseIdempotencyKey(header: string): string {
  const key = /^"([\x21\x23-\x5b\x5d-\x7e]{1,255})"$/.exec(header)?.[1] ?? header;
  if (/^[\x21\x23-\x7e]{1,255}$/.test(key)) return key;
  throw new HttpProblem(
    400,
    'request.idempotency.key_invalid',
    'Idempotency-Key must be 1 to 255 visible ASCII characters; a UUID is best.',
  );
}

function fingerprintOf(request: AppRequest, actor: string): string {
  const raw = rawRequest(request);
  try {
    return hash('sha256', JSON.stringify([raw.method, targetOf(raw), actor, request.body]), 'base64url');
  } catch (cause) {
    // Parsing knows no depth, writing does.
    if (!(cause instanceof RangeError)) throw cause;
    throw new HttpProblem(400, 'request.malformed', 'The body is nested too deeply.', { cause });
  }
}

function storedResponse(response: AppResponse, value: unknown, hidden: readonly string[]): StoredResponse {
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const header = response.getHeader(name);
    if (header !== undefined) headers[name] = String(header);
  }
  return {
    status: response.statusCode,
    headers,
    body: value === undefined ? null : JSON.stringify(withoutSecrets(value, hidden)),
  };
}

function withoutSecrets(value: unknown, hidden: readonly string[]): unknown {
  if (hidden.length === 0 || typeof value !== 'object' || value === null) return value;
  return { ...value, ...Object.fromEntries(hidden.map((member) => [member, null])) };
}

function replay(response: AppResponse, stored: StoredResponse): unknown {
  const raw = rawResponse(response);
  for (const [name, value] of Object.entries(stored.headers)) raw.setHeader(name, value);
  raw.setHeader('Idempotency-Replayed', 'true');
  if (stored.status >= 400) raw.setHeader('Content-Type', PROBLEM_MEDIA_TYPE);
  response.statusCode = stored.status;
  return stored.body === null ? undefined : JSON.parse(stored.body);
}

function isStream(value: unknown): boolean {
  return value instanceof StreamableFile || (typeof value === 'object' && value !== null && 'pipe' in value);
}
