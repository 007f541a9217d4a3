import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiConsumes } from '@nestjs/swagger';
import type { IncomingMessage } from 'node:http';
import { type AnyRequest, rawRequest } from '../request/raw.js';

const STREAMED = 'acci:rest:streamed';

/**
 * Marks a route that reads its body as a stream, of these media types: nothing parses or buffers it, no body limit
 * and no request timeout applies, and an `Idempotency-Key` is not honoured, as it would have to be read twice.
 *
 * @example
 * class ImportController {
 *   @Streamed('text/csv', 'application/x-ndjson')
 *   @Post('import')
 *   import(@BodyStream() body: Readable) {}
 * }
 */
export function Streamed(...mediaTypes: [string, ...string[]]): MethodDecorator {
  return applyDecorators(SetMetadata(STREAMED, mediaTypes), ApiConsumes(...mediaTypes));
}

/** The media types a `@Streamed` handler takes; undefined for any other handler. */
export function streamedTypes(handler: object): readonly string[] | undefined {
  return Reflect.getMetadata(STREAMED, handler);
}

/**
 * Injects the body of a {@link Streamed} route as Node's readable stream.
 *
 * @example
 * import(@BodyStream() body: Readable) {}
 */
export const BodyStream = createParamDecorator((_data: unknown, context: ExecutionContext): IncomingMessage =>
  rawRequest(context.switchToHttp().getRequest<AnyRequest>()),
);
