import { pageQuery, pageSchema } from '@acci/rest';
import { z } from 'zod';
import { PermissionPattern } from '../permissions/permissions.js';

const exampleId = '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f';
const exampleTime = '2026-01-31T09:30:00.000Z';
const exampleTerms = { name: 'Nightly export', description: 'Writes the orders of the day to the archive.' };

const moment = z.iso.datetime();
const text = (max: number) => z.string().trim().min(1).max(max);
const name = text(100).meta({
  description: 'Unique in the tenant, in any case.',
  examples: ['Nightly export'],
});
const description = text(1_000).nullable().meta({ description: 'What it is for.' });
const permissions = z
  .array(PermissionPattern)
  .max(200)
  .meta({
    description:
      'What it may do beside what its roles give it. `area.*` stands for all permissions that begin so; `*` is only for the platform tenant.',
    examples: [['auth.api_keys.read']],
  });

/** The path parameter that names a service account. */
export const ServiceAccountId = z
  .uuid()
  .toLowerCase()
  .meta({ description: 'The service account’s id.', examples: [exampleId] });

/** The body of `POST /service-accounts`. */
export const CreateServiceAccountRequest = z
  .strictObject({ name, description: description.default(null), permissions: permissions.default([]) })
  .meta({
    id: 'CreateServiceAccountRequest',
    examples: [{ ...exampleTerms, permissions: ['auth.api_keys.read'] }],
  });
export type CreateServiceAccountRequest = z.output<typeof CreateServiceAccountRequest>;

/** The body of `PATCH /service-accounts/{id}`. */
export const ChangeServiceAccountRequest = z
  .strictObject({
    name: name.optional(),
    description: description.optional(),
    permissions: permissions.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something')
  .meta({
    id: 'ChangeServiceAccountRequest',
    description: 'What to change; what is left out stays as it is.',
    examples: [{ description: 'Writes the orders of the day to the archive, at 2 a.m.' }],
  });
export type ChangeServiceAccountRequest = z.output<typeof ChangeServiceAccountRequest>;

/** What every write of a service account answers with. */
export const ServiceAccountWritten = z
  .object({
    id: z.uuid(),
    version: z.int().meta({ description: 'The service account’s version now; also in `ETag`.' }),
  })
  .meta({ id: 'ServiceAccountWritten', examples: [{ id: exampleId, version: 1 }] });
export type ServiceAccountWritten = z.output<typeof ServiceAccountWritten>;

/** A service account as it is. */
export const ServiceAccountResponse = z
  .object({
    id: z.uuid(),
    clientId: z.string().meta({ description: 'The `client_id` of OAuth 2.0.' }),
    name: z.string(),
    description: z.string().nullable(),
    permissions: z.array(z.string()),
    disabledAt: moment.nullable().meta({ description: 'Since when it is kept out; null if it is not.' }),
    version: z.int().meta({ description: 'Grows with each change; also in `ETag`.' }),
    createdAt: moment,
    updatedAt: moment,
  })
  .meta({
    id: 'ServiceAccount',
    examples: [
      {
        id: exampleId,
        clientId: `${exampleId}.00000000-0000-7000-8000-000000000000`,
        ...exampleTerms,
        permissions: ['auth.api_keys.read'],
        disabledAt: null,
        version: 1,
        createdAt: exampleTime,
        updatedAt: exampleTime,
      },
    ],
  });
export type ServiceAccountResponse = z.output<typeof ServiceAccountResponse>;

/** The query of `GET /service-accounts`. */
export const ListServiceAccountsQuery = pageQuery().extend({
  disabled: z.stringbool().optional().meta({ description: 'Only those that are disabled, or that are not.' }),
  name: text(100).optional().meta({ description: 'Only the one that is called so, in any case.' }),
  sort: z
    .enum(['name', '-name', 'createdAt', '-createdAt'])
    .default('name')
    .meta({ description: 'The order; a minus turns it round.' }),
});
export type ListServiceAccountsQuery = z.output<typeof ListServiceAccountsQuery>;

/** The query of `GET /service-accounts/stream`. */
export const FollowServiceAccountsQuery = ListServiceAccountsQuery.omit({ limit: true, sort: true }).extend({
  cursor: ListServiceAccountsQuery.shape.cursor.meta({
    description: 'Where to begin: the `id` of a message. `Last-Event-ID` wins over it; without either, now.',
  }),
});
export type FollowServiceAccountsQuery = z.output<typeof FollowServiceAccountsQuery>;

/** The answer to `GET /service-accounts`. */
export const ServiceAccountPage = pageSchema(ServiceAccountResponse, 'ServiceAccountPage');
