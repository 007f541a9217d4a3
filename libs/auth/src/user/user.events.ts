import { defineEvent, personal, personalClaim, type Claim, type EventOf } from '@acci/event-store';
import { z } from 'zod';
import { emailKey, userNameKey } from './login-name.js';
import { UserEmailTaken, UserNameTaken } from './user.errors.js';

// These schemas say what a stored fact looks like, not what a request may ask for: they are loose where rules may
// change, because every fact that was ever stored must keep fitting.
const of = '$stream';
const email = personal(z.string().min(1).max(320), { of, forgotten: 'forgotten@forgotten.invalid' });
const userName = personal(z.string().min(1).max(255).nullable(), { of, forgotten: null });
const displayName = personal(z.string().min(1).max(500), { of, forgotten: 'forgotten' });
const givenName = personal(z.string().min(1).max(255).nullable(), { of, forgotten: null });
const familyName = personal(z.string().min(1).max(255).nullable(), { of, forgotten: null });
// Whoever says why may well say it about a person.
const reason = personal(z.string().min(1).max(500), { of, forgotten: 'forgotten' });
const department = z.string().min(1).max(255).nullable();
const locale = z.string().min(1).max(63).nullable();
const moment = z.iso.datetime();
const roleId = z.string().min(1).max(255);

/** What is known of a user from the beginning. */
const person = { email, userName, displayName, givenName, familyName, department, locale };

function emailClaim(value: string): Claim {
  return personalClaim('auth.user.email', emailKey(value), of, () => new UserEmailTaken());
}

function userNameClaims(value: string | null | undefined): Claim[] {
  return value
    ? [personalClaim('auth.user.user_name', userNameKey(value), of, () => new UserNameTaken())]
    : [];
}

function personClaims(data: { readonly email: string; readonly userName: string | null }): Claim[] {
  return [emailClaim(data.email), ...userNameClaims(data.userName)];
}

/** Somebody was invited. They become active by the link in a mail. */
export const UserInvited = defineEvent({
  type: 'auth.user.invited',
  version: 1,
  schema: z.object(person),
  claims: personClaims,
});
export type UserInvited = EventOf<typeof UserInvited>;

/** An invitation that was not accepted is to be sent once more. */
export const UserInvitedAgain = defineEvent({
  type: 'auth.user.invited_again',
  version: 1,
  schema: z.object({ requestedAt: moment }),
});
export type UserInvitedAgain = EventOf<typeof UserInvitedAgain>;

/** Somebody registered by themselves. They become active by the link in a mail. */
export const UserRegistered = defineEvent({
  type: 'auth.user.registered',
  version: 1,
  schema: z.object(person),
  claims: personClaims,
});
export type UserRegistered = EventOf<typeof UserRegistered>;

/** A user was made by an administrator or by the program, active at once. */
export const UserCreated = defineEvent({
  type: 'auth.user.created',
  version: 1,
  schema: z.object({ ...person, emailVerified: z.boolean() }),
  claims: personClaims,
});
export type UserCreated = EventOf<typeof UserCreated>;

/** An invited or registered user is active now. */
export const UserActivated = defineEvent({
  type: 'auth.user.activated',
  version: 1,
  schema: z.object({
    /** True if it was done by a link that only the owner of the mailbox had. */
    emailVerified: z.boolean(),
  }),
});
export type UserActivated = EventOf<typeof UserActivated>;

/** What is said about a user became something else. What is not named stayed. */
export const UserProfileChanged = defineEvent({
  type: 'auth.user.profile_changed',
  version: 1,
  schema: z.object({
    userName: z.object({ from: userName, to: userName }).optional(),
    displayName: displayName.optional(),
    givenName: givenName.optional(),
    familyName: familyName.optional(),
    department: department.optional(),
    locale: locale.optional(),
  }),
  releases: (changes) => userNameClaims(changes.userName?.from),
  claims: (changes) => userNameClaims(changes.userName?.to),
});
export type UserProfileChanged = EventOf<typeof UserProfileChanged>;

/**
 * A user wants another e-mail address. It is theirs, and taken, only when they confirm it with what is mailed there:
 * whoever asks for an address does not learn whether somebody has it.
 */
export const UserEmailChangeRequested = defineEvent({
  type: 'auth.user.email_change_requested',
  version: 1,
  schema: z.object({ requestId: z.uuid(), email, requestedAt: moment }),
});
export type UserEmailChangeRequested = EventOf<typeof UserEmailChangeRequested>;

/** A user has another e-mail address, and has shown that it is theirs. */
export const UserEmailChanged = defineEvent({
  type: 'auth.user.email_changed',
  version: 1,
  schema: z.object({ from: email, to: email }),
  releases: ({ from }) => [emailClaim(from)],
  claims: ({ to }) => [emailClaim(to)],
});
export type UserEmailChanged = EventOf<typeof UserEmailChanged>;

/** Somebody asked for a link to set this user's password anew. */
export const UserPasswordResetRequested = defineEvent({
  type: 'auth.user.password_reset_requested',
  version: 1,
  schema: z.object({ requestedAt: moment }),
});
export type UserPasswordResetRequested = EventOf<typeof UserPasswordResetRequested>;

/** The user has another password. Neither it nor its hash is in any event. */
export const UserPasswordChanged = defineEvent({
  type: 'auth.user.password_changed',
  version: 1,
  schema: z.object({
    /** The first one, one that took the place of the known old one, or one in place of a forgotten one. */
    how: z.enum(['set', 'changed', 'reset']),
  }),
});
export type UserPasswordChanged = EventOf<typeof UserPasswordChanged>;

/** A user is not served any more, until reactivated. */
export const UserDeactivated = defineEvent({
  type: 'auth.user.deactivated',
  version: 1,
  schema: z.object({}),
});
export type UserDeactivated = EventOf<typeof UserDeactivated>;

/** A deactivated user is what they were before. */
export const UserReactivated = defineEvent({
  type: 'auth.user.reactivated',
  version: 1,
  schema: z.object({ status: z.enum(['invited', 'active']) }),
});
export type UserReactivated = EventOf<typeof UserReactivated>;

/** An administrator keeps a user out, whatever their status. */
export const UserLocked = defineEvent({
  type: 'auth.user.locked',
  version: 1,
  schema: z.object({ reason }),
});
export type UserLocked = EventOf<typeof UserLocked>;

/** A locked user is let in again. */
export const UserUnlocked = defineEvent({
  type: 'auth.user.unlocked',
  version: 1,
  schema: z.object({}),
});
export type UserUnlocked = EventOf<typeof UserUnlocked>;

/** A user got a role. */
export const UserRoleAssigned = defineEvent({
  type: 'auth.user.role_assigned',
  version: 1,
  schema: z.object({ roleId }),
});
export type UserRoleAssigned = EventOf<typeof UserRoleAssigned>;

/** A role was taken from a user. */
export const UserRoleRevoked = defineEvent({
  type: 'auth.user.role_revoked',
  version: 1,
  schema: z.object({ roleId }),
});
export type UserRoleRevoked = EventOf<typeof UserRoleRevoked>;

/**
 * A user of this tenant and one of another are the same person: both have said so. Who the other one is stands in no
 * event: it is for the person to know, and for neither tenant.
 */
export const UserIdentityLinked = defineEvent({
  type: 'auth.user.identity_linked',
  version: 1,
  schema: z.object({ linkId: z.uuid() }),
});
export type UserIdentityLinked = EventOf<typeof UserIdentityLinked>;

/** The person took a link between two of their users back, from either side. */
export const UserIdentityUnlinked = defineEvent({
  type: 'auth.user.identity_unlinked',
  version: 1,
  schema: z.object({ linkId: z.uuid() }),
});
export type UserIdentityUnlinked = EventOf<typeof UserIdentityUnlinked>;

/** A user is gone for good, and forgotten in the same transaction. Whoever keeps anything of theirs lets go of it. */
export const UserDeleted = defineEvent({
  type: 'auth.user.deleted',
  version: 1,
  schema: z.object({}),
});
export type UserDeleted = EventOf<typeof UserDeleted>;

/** Every event of a user's stream, in every version that may be stored. */
export const userEvents = [
  UserInvited,
  UserInvitedAgain,
  UserRegistered,
  UserCreated,
  UserActivated,
  UserProfileChanged,
  UserEmailChangeRequested,
  UserEmailChanged,
  UserPasswordResetRequested,
  UserPasswordChanged,
  UserDeactivated,
  UserReactivated,
  UserLocked,
  UserUnlocked,
  UserRoleAssigned,
  UserRoleRevoked,
  UserIdentityLinked,
  UserIdentityUnlinked,
  UserDeleted,
] as const;

/** Any event of a user. */
export type UserEvent = EventOf<(typeof userEvents)[number]>;
