import { SetMetadata } from '@nestjs/common';

/** Metadata key of {@link Public}; agreed on by name with libs that do not import this one. */
export const PUBLIC = 'acci:public';
/** Metadata key of {@link RequirePermission}. */
export const PERMISSION = 'acci:permission';

/**
 * Opens a route, or a controller's routes, to everybody.
 *
 * @example
 * class StatusController {
 *   @Public()
 *   @Get('status')
 *   status() {}
 * }
 */
export function Public(): MethodDecorator & ClassDecorator {
  return SetMetadata(PUBLIC, true);
}

/**
 * Declares the permission a route, or each of a controller's routes, needs. Enforced by the guard of
 * `@acci/auth` (or your own); documented in OpenAPI. A route with neither this nor `@Public()` does not boot.
 *
 * @param permission `area.noun.verb`, e.g. `tenancy.tenants.create`
 * @example
 * class TenantController {
 *   @RequirePermission('tenancy.tenants.create')
 *   @Post()
 *   create() {}
 * }
 */
export function RequirePermission(permission: string): MethodDecorator & ClassDecorator {
  return SetMetadata(PERMISSION, permission);
}

/** What a route declares about who may use it; undefined: nothing, which does not boot. */
export type RouteAccess = { readonly public: true } | { readonly permission: string };

/**
 * The access a handler declares; the method's own declaration wins over the controller's.
 *
 * @example
 * const access = accessOf(context.getHandler(), context.getClass());
 */
export function accessOf(handler: object, controller: object): RouteAccess | undefined {
  for (const target of [handler, controller]) {
    const permission: string | undefined = Reflect.getMetadata(PERMISSION, target);
    if (permission !== undefined) return { permission };
    if (Reflect.getMetadata(PUBLIC, target) === true) return { public: true };
  }
  return undefined;
}
