import { claim, defineEvent, type Claim, type EventOf } from '@acci/event-store';
import { z } from 'zod';
import { RoleNameTaken } from './role.errors.js';

// These schemas say what a stored fact looks like, not what a request may ask for: they are loose where rules may
// change, because every fact that was ever stored must keep fitting.
const name = z.string().min(1).max(255);
const description = z.string().nullable();
const permissions = z.array(z.string());
const value = z.union([z.string(), z.number(), z.boolean()]);
const condition = z
  .record(
    z.string(),
    z.union([
      z.object({ equals: value }),
      z.object({ in: z.array(value) }),
      z.object({ user: z.enum(['id', 'department']) }),
    ]),
  )
  .nullable();

function nameClaim(value: string): Claim {
  return claim('auth.role.name', value.toLowerCase(), () => new RoleNameTaken());
}

/** A tenant has a role of its own making. */
export const RoleCreated = defineEvent({
  type: 'auth.role.created',
  version: 1,
  schema: z.object({ name, description, permissions, condition }),
  claims: (data) => [nameClaim(data.name)],
});
export type RoleCreated = EventOf<typeof RoleCreated>;

/** What a role is called and gives. */
export type RoleDescription = Readonly<Omit<RoleCreated['data'], 'permissions'>> & {
  readonly permissions: readonly string[];
};

/** A role is called or gives something else, to everybody who has it. What is not named stayed. */
export const RoleChanged = defineEvent({
  type: 'auth.role.changed',
  version: 1,
  schema: z.object({
    name: z.object({ from: name, to: name }).optional(),
    description: description.optional(),
    permissions: permissions.optional(),
    condition: condition.optional(),
  }),
  releases: (changes) => (changes.name ? [nameClaim(changes.name.from)] : []),
  claims: (changes) => (changes.name ? [nameClaim(changes.name.to)] : []),
});
export type RoleChanged = EventOf<typeof RoleChanged>;

/** A role that nobody had is gone for good. */
export const RoleDeleted = defineEvent({
  type: 'auth.role.deleted',
  version: 1,
  schema: z.object({ name }),
  releases: (data) => [nameClaim(data.name)],
});
export type RoleDeleted = EventOf<typeof RoleDeleted>;

/** Every event of a role's stream. */
export const roleEvents = [RoleCreated, RoleChanged, RoleDeleted] as const;

/** Any event of a role. */
export type RoleEvent = EventOf<(typeof roleEvents)[number]>;
