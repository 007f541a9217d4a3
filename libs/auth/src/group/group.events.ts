import { claim, defineEvent, type Claim, type EventOf } from '@acci/event-store';
import { z } from 'zod';
import { GroupNameTaken } from './group.errors.js';

const name = z.string().min(1).max(255);
const description = z.string().nullable();
const roleId = z.string().min(1).max(255);
const userId = z.uuid();

function nameClaim(value: string): Claim {
  return claim('auth.group.name', value.toLowerCase(), () => new GroupNameTaken());
}

/** A tenant has a group that users can be members of. */
export const GroupCreated = defineEvent({
  type: 'auth.group.created',
  version: 1,
  schema: z.object({ name, description }),
  claims: (data) => [nameClaim(data.name)],
});
export type GroupCreated = EventOf<typeof GroupCreated>;

/** A group is called something else. What is not named stayed. */
export const GroupChanged = defineEvent({
  type: 'auth.group.changed',
  version: 1,
  schema: z.object({
    name: z.object({ from: name, to: name }).optional(),
    description: description.optional(),
  }),
  releases: (changes) => (changes.name ? [nameClaim(changes.name.from)] : []),
  claims: (changes) => (changes.name ? [nameClaim(changes.name.to)] : []),
});
export type GroupChanged = EventOf<typeof GroupChanged>;

/** A user is a member of the group, and has its roles. */
export const GroupMemberAdded = defineEvent({
  type: 'auth.group.member_added',
  version: 1,
  schema: z.object({ userId }),
});
export type GroupMemberAdded = EventOf<typeof GroupMemberAdded>;

/** A user is no member of the group any more. */
export const GroupMemberRemoved = defineEvent({
  type: 'auth.group.member_removed',
  version: 1,
  schema: z.object({ userId }),
});
export type GroupMemberRemoved = EventOf<typeof GroupMemberRemoved>;

/** Every member of the group has a role more. */
export const GroupRoleAssigned = defineEvent({
  type: 'auth.group.role_assigned',
  version: 1,
  schema: z.object({ roleId }),
});
export type GroupRoleAssigned = EventOf<typeof GroupRoleAssigned>;

/** A role was taken from the group, and so from its members. */
export const GroupRoleRevoked = defineEvent({
  type: 'auth.group.role_revoked',
  version: 1,
  schema: z.object({ roleId }),
});
export type GroupRoleRevoked = EventOf<typeof GroupRoleRevoked>;

/** A group is gone for good, and what its members had through it. */
export const GroupDeleted = defineEvent({
  type: 'auth.group.deleted',
  version: 1,
  schema: z.object({ name }),
  releases: (data) => [nameClaim(data.name)],
});
export type GroupDeleted = EventOf<typeof GroupDeleted>;

/** Every event of a group's stream. */
export const groupEvents = [
  GroupCreated,
  GroupChanged,
  GroupMemberAdded,
  GroupMemberRemoved,
  GroupRoleAssigned,
  GroupRoleRevoked,
  GroupDeleted,
] as const;

/** Any event of a group. */
export type GroupEvent = EventOf<(typeof groupEvents)[number]>;
