import { RequestMethod, VERSION_NEUTRAL, type INestApplicationContext } from '@nestjs/common';
import { PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import type { z } from 'zod';
import { routesOf } from '../routes/routes.js';

const LIVE_STREAM = 'acci:rest:live-stream';

/**
 * A route that answers with a live stream.
 *
 * @example
 * const stream: LiveStream = { path: '/v1/orders/stream', description: 'Each order that changed.', schema: OrderResponse, key: 'id' };
 */
export interface LiveStream {
  /** As OpenAPI writes it: `/v1/orders/{id}/stream`. */
  readonly path: string;
  readonly description: string;
  /** Of one item. */
  readonly schema: z.ZodType;
  /** The member of an item that `removed` names it by. */
  readonly key: string;
}

/** Notes that a handler is one, for {@link liveStreamsOf}. */
export function markLiveStream(handler: object, stream: Omit<LiveStream, 'path'>): void {
  Reflect.defineMetadata(LIVE_STREAM, stream, handler);
}

/**
 * Every live stream of an application, by path: whatever has an `@EventStream`.
 *
 * @example
 * for (const { path } of liveStreamsOf(app)) console.log(path);
 */
export function liveStreamsOf(app: Pick<INestApplicationContext, 'get'>): LiveStream[] {
  const found = routesOf(app).flatMap(({ handler, controller, method }) => {
    const stream: Omit<LiveStream, 'path'> | undefined = Reflect.getMetadata(LIVE_STREAM, handler);
    if (!stream || method !== RequestMethod.GET) return [];
    const version: unknown =
      Reflect.getMetadata(VERSION_METADATA, handler) ?? Reflect.getMetadata(VERSION_METADATA, controller);
    const versioned =
      typeof version === 'string' && version !== String(VERSION_NEUTRAL) ? [`v${version}`] : [];
    const places: unknown[] = [controller, handler].map((of) => Reflect.getMetadata(PATH_METADATA, of));
    const parts = [...versioned, ...places.map(String)].flatMap((part) => part.split('/')).filter(Boolean);
    return [{ ...stream, path: parts.map((part) => `/${part.replace(/^:(\w+)$/, '{$1}')}`).join('') }];
  });
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
