import { HttpCode } from '@nestjs/common';
import { ApiResponse, type ApiResponseNoStatusOptions } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Handler } from './routes.js';

/** How {@link Returns} answers. */
export interface ReturnsOptions extends Pick<ApiResponseNoStatusOptions, 'headers'> {
  /** What the answer means, for OpenAPI. */
  readonly description: string;
  /** The HTTP status; 200 unless said otherwise. */
  readonly status?: number;
}

/**
 * Declares what a route answers: one zod schema for the wire, the types and OpenAPI. The handler's value goes
 * through the schema, so what the schema does not name never leaves; a value it refuses is a 500.
 *
 * This is Nest's standard-schema serializer without the interceptor: an interceptor's Observables cost a quarter
 * of what the adapter can serve, and a wrapped handler cannot be forgotten in the set-up.
 *
 * @example
 * class TenantController {
 *   @Returns(TenantResponse, { description: 'The tenant.' })
 *   @Get(':id')
 *   async get(): Promise<TenantResponse> {}
 * }
 */
export function Returns<S extends z.ZodType>(schema: S, options: ReturnsOptions) {
  const { status = 200, ...documented } = options;
  return <M extends (...args: never[]) => z.input<S> | Promise<z.input<S>>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    const handler = descriptor.value as unknown as Handler;
    const serialized = async function (this: unknown, ...args: unknown[]): Promise<unknown> {
      const result = schema.safeParse(await handler.apply(this, args));
      if (result.success) return result.data;
      throw new Error(`${target.constructor.name}.${String(key)} answered what its schema refuses`, {
        cause: result.error,
      });
    };
    Object.defineProperty(serialized, 'name', { value: handler.name });
    // Decorators below this one have described the handler already.
    for (const name of Reflect.getMetadataKeys(handler)) {
      Reflect.defineMetadata(name, Reflect.getMetadata(name, handler), serialized);
    }
    descriptor.value = serialized as unknown as M;
    HttpCode(status)(target, key, descriptor);
    ApiResponse({ ...documented, status, standardSchema: schema })(target, key, descriptor);
  };
}
