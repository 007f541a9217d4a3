import { assertRoutesDeclareAccess, routesOf } from '@acci/rest';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { permits } from './permissions.js';

/**
 * Every permission that a route of the app asks for. There is no other list: a permission exists because something
 * asks for it.
 *
 * @example
 * app.get(PermissionCatalogue).all(); // ['auth.api_keys.create', 'auth.api_keys.read', …]
 */
@Injectable()
export class PermissionCatalogue implements OnApplicationBootstrap {
  private names: readonly string[] = [];

  constructor(private readonly app: ModuleRef) {}

  /** @throws Error naming every route that declares neither a permission nor that it is public: it does not boot. */
  onApplicationBootstrap(): void {
    assertRoutesDeclareAccess(this.app);
    const names = routesOf(this.app).flatMap(({ access }) =>
      access && 'permission' in access ? [access.permission] : [],
    );
    this.names = [...new Set(names)].sort();
  }

  /** The permissions, sorted by name. */
  all(): readonly string[] {
    return this.names;
  }

  /** True for a permission that a route asks for, and for a wildcard that stands for one at least. */
  knows(permission: string): boolean {
    const wanted = permission === '*' ? '*' : new Set([permission]);
    return this.names.some((name) => permits(wanted, name));
  }
}
