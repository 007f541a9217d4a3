import { pageQuery, pageSchema } from '@acci/rest';
import { z } from 'zod';
import { UniqueName } from '../grant/unique-name.js';

const exampleId = '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f';
const exampleTime = '2026-01-31T09:30:00.000Z';

const name = UniqueName.meta({ description: 'Unique in the tenant, in any case.', examples: ['Sales'] });
const description = z
  .string()
  .trim()
  .max(500)
  .nullish()
  .meta({ examples: ['Everybody who sells'] });

/** The path parameter that names a group. */
export const GroupId = z
  .uuid()
  .toLowerCase()
  .meta({ description: 'The group’s id.', examples: [exampleId] });

/** The body of `POST /groups`. */
export const CreateGroupRequest = z
  .strictObject({ name, description })
  .meta({ id: 'CreateGroupRequest', examples: [{ name: 'Sales', description: 'Everybody who sells' }] });
export type CreateGroupRequest = z.output<typeof CreateGroupRequest>;

/** The body of `PATCH /groups/{id}`. */
export const ChangeGroupRequest = z
  .strictObject({ name: name.optional(), description })
  .refine((change) => Object.keys(change).length > 0, 'Nothing to change')
  .meta({
    id: 'ChangeGroupRequest',
    description: 'What to change; what is left out stays as it is, null takes it away.',
    examples: [{ description: null }],
  });
export type ChangeGroupRequest = z.output<typeof ChangeGroupRequest>;

/** What every write answers with. */
export const GroupWritten = z
  .object({ id: z.uuid(), version: z.int().meta({ description: 'The version now; also in `ETag`.' }) })
  .meta({ id: 'GroupWritten', examples: [{ id: exampleId, version: 1 }] });
export type GroupWritten = z.output<typeof GroupWritten>;

/** A group as it is. */
export const GroupResponse = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string().nullable(),
    members: z.int().meta({ description: 'How many users are in it.' }),
    roleIds: z.array(z.string()).meta({ description: 'The roles of all its members.' }),
    version: z.int().meta({ description: 'Grows with each change; also in `ETag`.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({
    id: 'Group',
    examples: [
      {
        id: exampleId,
        name: 'Sales',
        description: 'Everybody who sells',
        members: 3,
        roleIds: ['member'],
        version: 5,
        createdAt: exampleTime,
        updatedAt: exampleTime,
      },
    ],
  });
export type GroupResponse = z.output<typeof GroupResponse>;

/** The query of `GET /groups`. */
export const ListGroupsQuery = pageQuery().extend({
  userId: z.uuid().toLowerCase().optional().meta({ description: 'Only groups that this user is in.' }),
  sort: z.enum(['name', '-name']).default('name').meta({ description: 'The order; a minus turns it round.' }),
});
export type ListGroupsQuery = z.output<typeof ListGroupsQuery>;

/** A page of groups. */
export const GroupPage = pageSchema(GroupResponse, 'GroupPage');

/** The query of `GET /groups/{id}/members`. */
export const ListGroupMembersQuery = pageQuery();
export type ListGroupMembersQuery = z.output<typeof ListGroupMembersQuery>;

/** A member of a group. */
export const GroupMemberResponse = z
  .object({ userId: z.uuid(), displayName: z.string() })
  .meta({ id: 'GroupMember', examples: [{ userId: exampleId, displayName: 'Ada Lovelace' }] });
export type GroupMemberResponse = z.output<typeof GroupMemberResponse>;

/** A page of the members of a group. */
export const GroupMemberPage = pageSchema(GroupMemberResponse, 'GroupMemberPage');
