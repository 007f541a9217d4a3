import { assertRoutesDeclareAccess, routesOf } from '@acci/rest';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { conditionsOf } from '../grant/applies-conditions.decorator.js';
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
  private readonly attributes = new Map<string, ReadonlySet<string>>();

  constructor(private readonly app: ModuleRef) {}

  /** @throws Error naming every route that declares neither a permission nor that it is public: it does not boot. */
  onApplicationBootstrap(): void {
    assertRoutesDeclareAccess(this.app);
    const names = new Set<string>();
    for (const { access, handler } of routesOf(this.app)) {
      if (!access || !('permission' in access)) continue;
      const { permission } = access;
      names.add(permission);
      const known = this.attributesOf(permission);
      this.attributes.set(permission, new Set([...known, ...(conditionsOf(handler) ?? [])]));
    }
    this.names = [...names].sort();
  }

  /** The permissions, sorted by name. */
  all(): readonly string[] {
    return this.names;
  }

  /** The attributes that a condition on the permission may test; none if it can only be held as a whole. */
  attributesOf(permission: string): ReadonlySet<string> {
    return this.attributes.get(permission) ?? new Set();
  }

  /** True for a permission that a route asks for, and for a wildcard that stands for one at least. */
  knows(permission: string): boolean {
    const wanted = permission === '*' ? '*' : new Set([permission]);
    return this.names.some((name) => permits(wanted, name));
  }
}
