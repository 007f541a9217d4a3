import type { InjectionToken } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';

/**
 * Everything any module of the app provides under `token`, each provider being a list; at least one must exist. Nest
 * has no multi-providers.
 */
export function collectProviders<T>(modules: ModuleRef, token: InjectionToken): T[] {
  return modules.get<T[], T[]>(token, { strict: false, each: true }).flat();
}
