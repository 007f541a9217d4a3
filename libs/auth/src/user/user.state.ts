import { unhandledEvent } from '@acci/event-store';
import { emailKey, userNameKey } from './login-name.js';
import type { UserEvent, UserInvited } from './user.events.js';

/** Whether a user is served. Being locked is apart: a user of any status can be. */
export type UserStatus = 'invited' | 'active' | 'deactivated';

/** A person as they are first known. */
export type NewUser = UserInvited['data'];

/** What a user is called and where they belong. */
export type UserProfile = Omit<NewUser, 'email'>;

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
  /** When a mail was last asked for, by the type of the event that asked. */
  readonly mailedAt: Readonly<Record<string, string>>;
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
  mailedAt: {},
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
      return state;
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
  return { ...state, mailedAt: { ...state.mailedAt, [event.type]: event.data.requestedAt } };
}
