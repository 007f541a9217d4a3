import { unhandledEvent } from '@acci/event-store';
import { emailKey, userNameKey } from './login-name.js';
import type { UserEvent, UserInvited } from './user.events.js';

/** Whether a user is served. Being locked is apart: a user of any status can be. */
export type UserStatus = 'invited' | 'active' | 'deactivated';

/** A person as they are first known. */
export type NewUser = UserInvited['data'];

/** What a user is called and where they belong. */
export type UserProfile = Omit<NewUser, 'email'>;

/** Mails of one kind that a user was sent, with less than a day from one to the next. */
export interface Mails {
  readonly count: number;
  /** When the last one was asked for, in milliseconds since 1970. */
  readonly lastMs: number;
}

/** How long a user is not sent a second mail of the same kind, in milliseconds. */
export const mailIntervalMs = 60_000;
// Shorter than any link is good for: whoever is sent no other mail still has one that helps.
const longestMailIntervalMs = 15 * mailIntervalMs;
const day = 24 * 60 * mailIntervalMs;

/**
 * Whether a user may be sent a mail now after these: a minute after the first, and twice as long from one to the next, up
 * to 15 minutes. Anybody can ask for some of them.
 */
export function isDue(mails: Mails | undefined, now: Date): boolean {
  if (!mails) return true;
  const intervalMs = Math.min(mailIntervalMs * 2 ** (mails.count - 1), longestMailIntervalMs);
  // On either side: a last time that is yet to come was told by a clock that was ahead, and is not waited for.
  return Math.abs(now.getTime() - mails.lastMs) >= intervalMs;
}

/** What a user's events come to, as far as decisions depend on it. */
export interface UserState {
  readonly status: UserStatus;
  /** True once they were active: then they are what they come back as. */
  readonly activated: boolean;
  readonly locked: boolean;
  readonly deleted: boolean;
  readonly email: string;
  readonly profile: UserProfile;
  /** The change of the e-mail address that waits to be confirmed. */
  readonly emailChange: { readonly requestId: string; readonly email: string } | undefined;
  /** The mails that were asked for, by the type of the event that asks. */
  readonly mails: Readonly<Record<string, Mails>>;
  readonly roleIds: readonly string[];
  /** The ids of links to users of other tenants. */
  readonly linkIds: readonly string[];
}

/** Before the first event. */
export const noUser: UserState = {
  status: 'invited',
  activated: false,
  locked: false,
  deleted: false,
  email: '',
  profile: {
    userName: null,
    displayName: '',
    givenName: null,
    familyName: null,
    department: null,
    locale: null,
  },
  emailChange: undefined,
  mails: {},
  roleIds: [],
  linkIds: [],
};

/** The same, with address and user name written in the one way in which they are compared. */
export function inOneWay<P extends { readonly email?: string; readonly userName?: string | null }>(
  person: P,
): P {
  const { email, userName } = person;
  return {
    ...person,
    ...(email !== undefined && { email: emailKey(email) }),
    ...(userName && { userName: userNameKey(userName) }),
  };
}

/** The state after one more event. */
export function evolveUser(state: UserState, event: UserEvent): UserState {
  switch (event.type) {
    case 'auth.user.invited':
    case 'auth.user.registered':
      return { ...state, ...personOf(event.data) };
    case 'auth.user.created':
      return { ...state, ...personOf(event.data), status: 'active', activated: true };
    case 'auth.user.activated':
      return { ...state, status: 'active', activated: true };
    case 'auth.user.profile_changed': {
      const { userName, ...changes } = event.data;
      const profile = { ...state.profile, ...changes, ...(userName && { userName: userName.to }) };
      return { ...state, profile };
    }
    case 'auth.user.email_change_requested': {
      const { requestId, email } = event.data;
      return { ...mailed(state, event), emailChange: { requestId, email } };
    }
    case 'auth.user.email_changed':
      return { ...state, email: event.data.to, emailChange: undefined };
    case 'auth.user.invited_again':
    case 'auth.user.password_reset_requested':
      return mailed(state, event);
    case 'auth.user.password_changed':
      // Whoever asked for it may be whom the new password is to keep out.
      return { ...state, emailChange: undefined };
    case 'auth.user.deactivated':
      return { ...state, status: 'deactivated', emailChange: undefined };
    case 'auth.user.reactivated':
      return { ...state, status: event.data.status };
    case 'auth.user.locked':
      return { ...state, locked: true, emailChange: undefined };
    case 'auth.user.unlocked':
      return { ...state, locked: false };
    case 'auth.user.role_assigned':
      return { ...state, roleIds: [...state.roleIds, event.data.roleId] };
    case 'auth.user.role_revoked':
      return { ...state, roleIds: state.roleIds.filter((id) => id !== event.data.roleId) };
    case 'auth.user.identity_linked':
      return { ...state, linkIds: [...state.linkIds, event.data.linkId] };
    case 'auth.user.identity_unlinked':
      return { ...state, linkIds: state.linkIds.filter((id) => id !== event.data.linkId) };
    case 'auth.user.deleted':
      return { ...state, deleted: true };
    default:
      return unhandledEvent(event);
  }
}

function personOf({ email, ...profile }: NewUser): Pick<UserState, 'email' | 'profile'> {
  const { userName, displayName, givenName, familyName, department, locale } = profile;
  return { email, profile: { userName, displayName, givenName, familyName, department, locale } };
}

function mailed(state: UserState, event: { type: string; data: { requestedAt: string } }): UserState {
  const { type, data } = event;
  const before = state.mails[type];
  const lastMs = Date.parse(data.requestedAt);
  const count = before && lastMs - before.lastMs < day ? before.count + 1 : 1;
  return { ...state, mails: { ...state.mails, [type]: { lastMs, count } } };
}
