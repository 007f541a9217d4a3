import { pageQuery, pageSchema } from '@acci/rest';
import { z } from 'zod';
import { AddressRange } from '../address-range/address-range.js';
import { PermissionPattern } from '../permissions/permissions.js';

const id = z
  .uuid()
  .meta({ description: 'The id of the key.', examples: ['01980e2f-6c7a-7c3b-9f1e-2d4b6a8c0e12'] });
const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .meta({ description: 'What the key is for, as people call it.', examples: ['Nightly export'] });
const permissions = z
  .array(PermissionPattern)
  .min(1)
  .max(200)
  .meta({
    description:
      'What the key may do. `area.*` stands for all permissions that begin so; `*`, for all there are, is only for keys of the platform tenant.',
    examples: [['auth.api_keys.read']],
  });
const tenantId = z.uuid().meta({
  description: 'The tenant that the key acts in.',
  examples: ['00000000-0000-7000-8000-000000000000'],
});
const moment = z.iso.datetime();
const addressRanges = z
  .array(AddressRange)
  .max(50)
  .meta({
    description: 'The networks that the key is good from; none: from anywhere.',
    examples: [['203.0.113.0/24', '2001:db8::/32']],
  });
const secret = z
  .string()
  .nullable()
  .meta({
    description:
      'The key, for `Authorization: Bearer` or `Basic`. It is shown this once and cannot be had again: a repeated answer to an `Idempotency-Key` has null here.',
    examples: [
      'acci_030TsCwCIrMRYcHxmUbaEc_000000002dwHTRTFRxWLTM_ThisIsAnExampleAndOpensNothingAtAllAnywhere_000000',
    ],
  });

/** Body of `POST /v1/api-keys`. */
export const CreateApiKeyRequest = z
  .strictObject({
    name,
    permissions,
    expiresAt: z.iso
      .datetime({ offset: true })
      // In UTC it may be a year further, and year 10,000 has no ISO 8601 of four digits.
      .refine((text) => new Date(text).getUTCFullYear() <= 9999, 'must be before the year 10000')
      .nullish()
      .meta({ description: 'When the key ends; never, if left out.', examples: ['2099-12-31T23:59:59Z'] }),
    addressRanges: addressRanges
      .min(1)
      .optional()
      .meta({ description: 'Where the key is good from; if left out, wherever yours is.' }),
    service: z.boolean().optional().meta({
      description:
        'True for a key of the tenant’s own. Otherwise it is yours, and stops working when you are deactivated, locked or deleted.',
    }),
  })
  .meta({
    id: 'CreateApiKeyRequest',
    examples: [{ name: 'Nightly export', permissions: ['auth.api_keys.read'] }],
  });
export type CreateApiKeyRequest = z.infer<typeof CreateApiKeyRequest>;

/** Body of `PATCH /v1/api-keys/{id}`: what is left out stays. */
export const ChangeApiKeyRequest = z
  .strictObject({ name: name.optional(), addressRanges: addressRanges.optional() })
  .meta({ id: 'ChangeApiKeyRequest', examples: [{ name: 'Nightly export' }] });
export type ChangeApiKeyRequest = z.infer<typeof ChangeApiKeyRequest>;

const key = {
  id,
  tenantId,
  name,
  prefix: z
    .string()
    .nullable()
    .meta({
      description:
        'How the text of the key begins, by which you recognise it; null for the configured operator key.',
      examples: ['acci_030TsCwCIrMRYcHxmUbaEc'],
    }),
  permissions,
  addressRanges,
  owner: z
    .object({ type: z.enum(['user', 'service_account']), id: z.uuid() })
    .nullable()
    .meta({
      description: 'Whose key it is: it works as long as they may log in. Null for the tenant’s own.',
    }),
  expiresAt: moment.nullable().meta({ description: 'When the key ends; null if it does not.' }),
  createdAt: moment,
  lastUsedAt: moment
    .nullable()
    .meta({ description: 'When the key was last used, to the minute; null if never.' }),
  rotatedAt: moment
    .nullable()
    .meta({ description: 'When it got the secret that it has; null if its first.' }),
  previousUntil: moment
    .nullable()
    .meta({ description: 'Until when the secret before is, or was, good; null if there was none.' }),
  revokedAt: moment.nullable().meta({ description: 'When the key was taken back; null if it was not.' }),
  version: z
    .int()
    .meta({ description: 'Grows with each change, which its use is not; also in `ETag`.', examples: [1] }),
};

/** An API key as it can be seen again and again: without its secret. */
export const ApiKeyResponse = z.object(key).meta({ id: 'ApiKey' });
export type ApiKeyResponse = z.infer<typeof ApiKeyResponse>;

/** Answer to `POST /v1/api-keys` and `POST /v1/api-keys/{id}/rotate`: the only time that the key itself is shown. */
export const CreatedApiKeyResponse = z.object({ ...key, key: secret }).meta({ id: 'CreatedApiKey' });
export type CreatedApiKeyResponse = z.infer<typeof CreatedApiKeyResponse>;

/** Answer to `GET /v1/api-keys`. */
export const ApiKeyPage = pageSchema(ApiKeyResponse, 'ApiKeyPage');

/** Query of `GET /v1/api-keys`. */
export const ListApiKeysQuery = pageQuery().extend({
  ownerId: z.uuid().optional().meta({ description: 'Only keys of this user or service account.' }),
  revoked: z.stringbool().optional().meta({ description: 'Only keys that were revoked, or that were not.' }),
});
export type ListApiKeysQuery = z.infer<typeof ListApiKeysQuery>;

/** The id of a key in a path. */
export const ApiKeyId = id;

const mostOverlapMinutes = 30 * 24 * 60;

/** Body of `POST /v1/api-keys/{id}/rotate`. */
export const RotateApiKeyRequest = z
  .strictObject({
    overlapMinutes: z.int().min(0).max(mostOverlapMinutes).meta({
      description:
        'How long the secret before goes on working, in minutes. 0 ends every earlier one at once.',
    }),
  })
  .meta({ id: 'RotateApiKeyRequest', examples: [{ overlapMinutes: 60 }] });
export type RotateApiKeyRequest = z.infer<typeof RotateApiKeyRequest>;
