import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { HttpProblem } from '../problems/http-problem.js';
import { decorateMethod } from '../openapi/decorate-method.js';
import { type AnyRequest, type AnyResponse, headerOf, rawRequest, rawResponse } from '../request/raw.js';

const ENTITY_TAGS = /^(?:W\/)?"[\x21\x23-\x7e]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e]*")*$/;
const VERSION_TAG = /^"(0|[1-9]\d{0,14})"$/;

/**
 * The strong entity tag of an aggregate's version.
 *
 * @example
 * etagOf(7); // '"7"'
 */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * Says which version of the aggregate the answer shows. A GET whose `If-None-Match` names it is answered 304.
 *
 * @example
 * setETag(response, tenant.version);
 */
export function setETag(response: AnyResponse, version: number): void {
  rawResponse(response).setHeader('ETag', etagOf(version));
}

/**
 * The version an `If-Match` header expects: undefined for none and for `*`, which any existing version matches
 * (that it exists is the load's business).
 *
 * @throws HttpProblem 400 `request.if_match.invalid` for what is no single entity tag; 412
 *   `request.precondition.failed` for a tag that no version can have (a weak one never matches a write, RFC 9110)
 * @example
 * parseIfMatch('"7"'); // 7
 */
export function parseIfMatch(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const value = header.trim();
  if (value === '*') return undefined;
  const version = VERSION_TAG.exec(value)?.[1];
  if (version !== undefined) return Number(version);
  if (ENTITY_TAGS.test(value) && !value.includes(',')) {
    throw new HttpProblem(412, 'request.precondition.failed', 'No version has the entity tag of If-Match.');
  }
  throw new HttpProblem(400, 'request.if_match.invalid', 'If-Match must be * or one entity tag, as in "7".');
}

/**
 * Whether an `If-None-Match` header names an entity tag, compared weakly as RFC 9110 wants it.
 *
 * @example
 * ifNoneMatch('W/"7", "8"', '"7"'); // true
 */
export function ifNoneMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  const opaque = etag.replace(/^W\//, '');
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === opaque);
}

const readIfMatch = (
  options: { required?: boolean } | undefined,
  context: ExecutionContext,
): number | undefined => {
  const header = headerOf(rawRequest(context.switchToHttp().getRequest<AnyRequest>()), 'if-match');
  if (header === undefined && options?.required) {
    throw new HttpProblem(428, 'request.precondition.required', 'This request needs an If-Match header.');
  }
  return parseIfMatch(header);
};

/**
 * Injects the version that `If-Match` expects, for `expectedVersion` of the write: `number | undefined`. With
 * `{ required: true }` a request without the header is answered 428.
 *
 * @example
 * rename(@IfMatch() expectedVersion: number | undefined) {}
 */
export const IfMatch = createParamDecorator(readIfMatch, [
  decorateMethod(
    ApiHeader({
      name: 'If-Match',
      description: 'The `ETag` last seen: the write is refused with 412 if the resource changed since.',
      schema: { type: 'string' },
      required: false,
      example: '"1"',
    }),
  ),
]);
