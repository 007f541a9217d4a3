import { pageQuery, pageSchema } from '@acci/rest';
import { z } from 'zod';
import { UniqueName } from '../grant/unique-name.js';
import { Condition } from '../grant/condition.js';
import { PermissionPattern } from '../permissions/permissions.js';
import { builtInRoles } from './built-in-roles.js';

const exampleId = '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f';
const exampleTime = '2026-01-31T09:30:00.000Z';

const name = UniqueName.meta({
  description: 'Unique in the tenant, in any case.',
  examples: ['Reader of users'],
});
const description = z
  .string()
  .trim()
  .max(500)
  .nullish()
  .meta({ examples: ['Sees who is there'] });
const permissions = z
  .array(PermissionPattern)
  .max(200)
  .meta({
    description:
      'What the role gives. `area.*` stands for all permissions that begin so; `*`, for all there are, is only for roles of the platform tenant.',
    examples: [['auth.users.read']],
  });
const condition = Condition.nullish().meta({
  description:
    'On which objects the role gives it; on all, if null. `GET /v1/permissions` says what can be tested.',
});

/** The path parameter that names a role. */
export const RoleId = z
  .union([z.uuid().toLowerCase(), z.enum(builtInRoles.map(({ id }) => id))])
  .meta({ description: 'The role’s id: a UUID, or the name of a built-in one.', examples: ['auditor'] });

/** The body of `POST /roles`. */
export const CreateRoleRequest = z.strictObject({ name, description, permissions, condition }).meta({
  id: 'CreateRoleRequest',
  examples: [
    {
      name: 'Reader of the department',
      description: 'Sees the users of their own department',
      permissions: ['auth.users.read'],
      condition: { department: { user: 'department' } },
    },
  ],
});
export type CreateRoleRequest = z.output<typeof CreateRoleRequest>;

/** The body of `PATCH /roles/{id}`. */
export const ChangeRoleRequest = z
  .strictObject({ name: name.optional(), description, permissions: permissions.optional(), condition })
  .refine((change) => Object.keys(change).length > 0, 'Nothing to change')
  .meta({
    id: 'ChangeRoleRequest',
    description: 'What to change; what is left out stays as it is, null takes it away.',
    examples: [{ description: 'Sees who is there' }],
  });
export type ChangeRoleRequest = z.output<typeof ChangeRoleRequest>;

/** What every write answers with. */
export const RoleWritten = z
  .object({ id: z.string(), version: z.int().meta({ description: 'The version now; also in `ETag`.' }) })
  .meta({ id: 'RoleWritten', examples: [{ id: exampleId, version: 1 }] });
export type RoleWritten = z.output<typeof RoleWritten>;

/** A role as it is. */
export const RoleResponse = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    builtIn: z.boolean().meta({ description: 'True for what every tenant has and nobody changes.' }),
    permissions: z.array(z.string()),
    condition: Condition.nullable(),
    version: z.int().meta({ description: 'Grows with each change, also in `ETag`; 0 for a built-in one.' }),
    createdAt: z.iso.datetime().nullable(),
    updatedAt: z.iso.datetime().nullable(),
  })
  .meta({
    id: 'Role',
    examples: [
      {
        id: exampleId,
        name: 'Reader of users',
        description: 'Sees who is there',
        builtIn: false,
        permissions: ['auth.users.read'],
        condition: null,
        version: 1,
        createdAt: exampleTime,
        updatedAt: exampleTime,
      },
    ],
  });
export type RoleResponse = z.output<typeof RoleResponse>;

/** The query of `GET /roles`. */
export const ListRolesQuery = pageQuery().extend({
  builtIn: z.stringbool().optional().meta({ description: 'Only built-in roles, or only others.' }),
  sort: z.enum(['name', '-name']).default('name').meta({ description: 'The order; a minus turns it round.' }),
});
export type ListRolesQuery = z.output<typeof ListRolesQuery>;

/** A page of roles. */
export const RolePage = pageSchema(RoleResponse, 'RolePage');

/** Answer to `GET /users/{id}/roles` and its like. */
export const HeldRolesResponse = z
  .object({
    items: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        direct: z.boolean().meta({ description: 'True if it is theirs, not only that of a group.' }),
        groupIds: z.array(z.uuid()).meta({ description: 'The groups through which they have it.' }),
      }),
    ),
  })
  .meta({
    id: 'HeldRoles',
    examples: [{ items: [{ id: 'auditor', name: 'Auditor', direct: true, groupIds: [] }] }],
  });
export type HeldRolesResponse = z.output<typeof HeldRolesResponse>;
