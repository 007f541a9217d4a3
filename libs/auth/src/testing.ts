import { uuidv7 } from '@acci/database';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import type { INestApplicationContext } from '@nestjs/common';
import { ApiKeyIssuer } from './api-key/api-key-issuer.js';

/** What {@link issueKey} makes. */
export interface TestKeyOptions {
  /** Default: the platform tenant. */
  readonly tenantId?: string;
  /** Default: everything. */
  readonly permissions?: readonly string[];
  /** May lie in the past, for a key that has expired. Default: no end. */
  readonly expiresAt?: Date;
  readonly name?: string;
  /** The networks it is good from. Default: from anywhere. */
  readonly addressRanges?: readonly string[];
}

/**
 * Makes an API key without asking anybody: the way into an app under test.
 *
 * @example
 * const { key } = await issueKey(app, { tenantId, permissions: ['shop.orders.read'] });
 * await fetch(`${url}/v1/orders`, { headers: { authorization: `Bearer ${key}` } });
 */
export async function issueKey(
  app: INestApplicationContext,
  {
    tenantId = PLATFORM_TENANT_ID,
    permissions = ['*'],
    expiresAt,
    name = 'Test key',
    addressRanges,
  }: TestKeyOptions = {},
): Promise<{ readonly id: string; readonly key: string }> {
  const ctx = { tenantId, actor: 'system:test', correlationId: uuidv7() };
  const issuer = app.get(ApiKeyIssuer, { strict: false });
  // Made at the beginning of time, so that it can have expired since.
  const { streamId, key } = await issuer.issue(
    ctx,
    { name, permissions, expiresAt, addressRanges, origin: 'request' },
    new Date(0),
  );
  return { id: streamId, key };
}
