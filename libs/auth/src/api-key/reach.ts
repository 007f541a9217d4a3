import type { Context } from '@acci/event-store';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { ApiKeyForeignTenant } from './api-key.errors.js';

/**
 * The context for work on another tenant's keys, which only the platform tenant may do.
 *
 * @param tenantId undefined for the context's own.
 * @throws {ApiKeyForeignTenant}
 */
export function reach(ctx: Context, tenantId: string | undefined): Context {
  if (tenantId === undefined || tenantId === ctx.tenantId) return ctx;
  if (ctx.tenantId !== PLATFORM_TENANT_ID) throw new ApiKeyForeignTenant();
  return { ...ctx, tenantId };
}
