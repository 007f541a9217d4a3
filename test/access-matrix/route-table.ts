import { type RouteAccess, routesOf } from '@acci/rest';
import { type INestApplication, RequestMethod } from '@nestjs/common';
import { PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';

/** One route of the running app, as a client addresses it. */
export interface TableRoute {
  readonly method: string;
  /** As OpenAPI writes it: `/v1/users/{id}`. */
  readonly path: string;
  readonly access: RouteAccess;
}

/** The route table of the app itself: what is served, whether or not anybody documented it. */
export function routeTable(app: INestApplication): TableRoute[] {
  return routesOf(app).flatMap(({ controller, handler, method, access, name }) => {
    if (!access) throw new Error(`${name} declares no access`);
    const version: unknown = Reflect.getMetadata(VERSION_METADATA, handler) ?? versionOf(controller);
    const prefix = typeof version === 'string' ? `/v${version}` : '';
    return pathsOf(controller).flatMap((base) =>
      pathsOf(handler).map((own) => ({
        method: RequestMethod[method],
        path: `${prefix}${slashed(base)}${slashed(own)}` || '/',
        access,
      })),
    );
  });
}

function versionOf(controller: object): unknown {
  return Reflect.getMetadata(VERSION_METADATA, controller);
}

function pathsOf(target: object): string[] {
  return [Reflect.getMetadata(PATH_METADATA, target) as string | string[]].flat();
}

/** Nest's `users/:id` and `users\:import` as they stand in a URL template. */
function slashed(path: string): string {
  const trimmed = path.replace(/^\/|\/$/g, '');
  const template = trimmed.replace(/(^|\/):(\w+)/g, '$1{$2}').replaceAll('\\:', ':');
  return template === '' ? '' : `/${template}`;
}
