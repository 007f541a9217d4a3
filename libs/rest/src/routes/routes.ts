import type { INestApplicationContext, RequestMethod, Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { accessOf, type RouteAccess } from '../access/access.js';

/** A handler as reflect-metadata sees it. */
export type Handler = (...args: unknown[]) => unknown;

/**
 * One handler of a controller that answers HTTP.
 *
 * @example
 * const permissions = routesOf(app).map((route: Route) => route.access);
 */
export interface Route {
  readonly controller: Type;
  readonly handler: Handler;
  readonly method: RequestMethod;
  readonly access: RouteAccess | undefined;
  /** `TenantController.create`, for messages. */
  readonly name: string;
}

/** What routes are found through: an application, or a `ModuleRef`. */
type Container = Pick<INestApplicationContext, 'get'>;

/**
 * Every HTTP handler of an application's controllers.
 *
 * @example
 * for (const route of routesOf(app)) console.log(route.name, route.access);
 */
export function routesOf(app: Container): Route[] {
  const routes: Route[] = [];
  const scanner = new MetadataScanner();
  const seen = new Set<Type>();
  for (const module of app.get(ModulesContainer, { strict: false }).values()) {
    for (const wrapper of module.controllers.values()) {
      const controller = wrapper.metatype;
      if (!isClass(controller) || seen.has(controller)) continue;
      seen.add(controller);
      const prototype: Record<string, Handler> = controller.prototype;
      for (const key of scanner.getAllMethodNames(prototype)) {
        const handler = prototype[key];
        if (!handler || !Reflect.hasMetadata(PATH_METADATA, handler)) continue;
        routes.push({
          controller,
          handler,
          method: Reflect.getMetadata(METHOD_METADATA, handler),
          access: accessOf(handler, controller),
          name: `${controller.name}.${key}`,
        });
      }
    }
  }
  return routes;
}

const isClass = (metatype: unknown): metatype is Type => typeof metatype === 'function';

/**
 * Refuses to boot while a route says neither `@Public()` nor `@RequirePermission(…)`. Part of `configureApp`.
 *
 * @throws Error naming every such route
 * @example
 * assertRoutesDeclareAccess(app);
 */
export function assertRoutesDeclareAccess(app: Container): void {
  const silent = routesOf(app).filter((route) => !route.access);
  if (silent.length === 0) return;
  const names = silent.map((route) => route.name).join(', ');
  throw new Error(`No access declared: ${names}. Add @RequirePermission('…') or @Public() to each.`);
}
