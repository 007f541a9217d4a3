import { Aggregate } from '@acci/event-store';
import {
  EmailChangeNotRequested,
  UserAlreadyDeactivated,
  UserLockedOut,
  UserMailTooSoon,
  UserNotActive,
  UserNotDeactivated,
  UserNotFound,
  UserNotInvited,
  UserNotLocked,
} from './user.errors.js';
import {
  UserActivated,
  UserCreated,
  UserDeactivated,
  UserDeleted,
  UserEmailChanged,
  UserEmailChangeRequested,
  type UserEvent,
  userEvents,
  UserIdentityLinked,
  UserIdentityUnlinked,
  UserInvited,
  UserInvitedAgain,
  UserLocked,
  UserPasswordChanged,
  UserPasswordResetRequested,
  UserProfileChanged,
  UserReactivated,
  UserRegistered,
  UserRoleAssigned,
  UserRoleRevoked,
  UserUnlocked,
} from './user.events.js';
import {
  evolveUser,
  inOneWay,
  isDue,
  noUser,
  type NewUser,
  type UserProfile,
  type UserState,
} from './user.state.js';

type ProfileChanges = { -readonly [K in keyof UserProfileChanged['data']]: UserProfileChanged['data'][K] };

const plainFields = ['displayName', 'givenName', 'familyName', 'department', 'locale'] as const;

/**
 * Somebody's identity in one tenant. They are invited or register, and are active once they have accepted; they can be
 * deactivated and come back as what they were, be locked and unlocked, and be deleted, which is the end.
 */
export class User extends Aggregate<UserEvent> {
  static readonly streamType = 'auth.user';
  static readonly events = userEvents;

  private state: UserState = noUser;

  /** The ids of the roles that the user has themselves, not through a group. */
  get roleIds(): readonly string[] {
    return this.state.roleIds;
  }

  /** True for whom credentials may be made: active, and not locked. */
  get mayLogIn(): boolean {
    return this.state.status === 'active' && !this.state.locked && !this.state.deleted;
  }

  /** Their address, as it is compared. */
  get email(): string {
    return this.state.email;
  }

  /** The address that an invitation went to which was not accepted yet; undefined if none is open. */
  get invitedEmail(): string | undefined {
    const { status, deleted, email } = this.state;
    return status === 'invited' && !deleted ? email : undefined;
  }

  invite(person: NewUser): void {
    this.record(UserInvited.of(inOneWay(person)));
  }

  /** @throws {UserNotInvited} {@link UserLockedOut} {@link UserMailTooSoon} */
  inviteAgain(now: Date): void {
    this.assertInvited();
    this.assertMailDue(UserInvitedAgain.type, now);
    this.record(UserInvitedAgain.of({ requestedAt: now.toISOString() }));
  }

  register(person: NewUser): void {
    this.record(UserRegistered.of(inOneWay(person)));
  }

  /** Makes a user who is active at once. */
  create(person: NewUser, { emailVerified }: { readonly emailVerified: boolean }): void {
    this.record(UserCreated.of({ ...inOneWay(person), emailVerified }));
  }

  /** @throws {UserNotInvited} {@link UserLockedOut} */
  activate({ emailVerified }: { readonly emailVerified: boolean }): void {
    this.assertInvited();
    this.record(UserActivated.of({ emailVerified }));
  }

  /** Changes what is named and differs from what it is; nothing if that is nothing. */
  changeProfile(profile: Partial<UserProfile>): void {
    this.assertExists();
    const wanted = inOneWay(profile);
    const changes: ProfileChanges = {};
    const from = this.state.profile.userName;
    const to = wanted.userName;
    if (to !== undefined && to !== from) changes.userName = { from, to };
    for (const field of plainFields) {
      const value = wanted[field];
      if (value !== undefined && value !== this.state.profile[field])
        Object.assign(changes, { [field]: value });
    }
    if (Object.keys(changes).length > 0) this.record(UserProfileChanged.of(changes));
  }

  /**
   * A later request takes the place of an earlier one. For the address that the user has, nothing happens.
   *
   * @throws {UserNotActive} {@link UserLockedOut} {@link UserMailTooSoon}
   */
  requestEmailChange(request: { readonly requestId: string; readonly email: string }, now: Date): void {
    this.assertMayAct();
    const { requestId, email } = inOneWay(request);
    if (email === this.state.email) return;
    this.assertMailDue(UserEmailChangeRequested.type, now);
    this.record(UserEmailChangeRequested.of({ requestId, email, requestedAt: now.toISOString() }));
  }

  /** @throws {UserNotActive} {@link UserLockedOut} {@link EmailChangeNotRequested} */
  confirmEmailChange(requestId: string): void {
    this.assertMayAct();
    if (this.state.emailChange?.requestId !== requestId) throw new EmailChangeNotRequested();
    this.record(UserEmailChanged.of({ from: this.state.email, to: this.state.emailChange.email }));
  }

  /** Silent about all that keeps a mail from being sent: whoever asks need not be the user. */
  requestPasswordReset(now: Date): void {
    if (!this.mayLogIn || !this.isMailDue(UserPasswordResetRequested.type, now)) return;
    this.record(UserPasswordResetRequested.of({ requestedAt: now.toISOString() }));
  }

  /** @throws {UserNotActive} {@link UserLockedOut} */
  changePassword(how: UserPasswordChanged['data']['how']): void {
    this.assertMayAct();
    this.record(UserPasswordChanged.of({ how }));
  }

  /** @throws {UserAlreadyDeactivated} */
  deactivate(): void {
    this.assertExists();
    if (this.state.status === 'deactivated') throw new UserAlreadyDeactivated(this.id);
    this.record(UserDeactivated.of({}));
  }

  /** Nobody becomes active by it who had not accepted their invitation. @throws {UserNotDeactivated} */
  reactivate(): void {
    this.assertExists();
    if (this.state.status !== 'deactivated') throw new UserNotDeactivated(this.id);
    this.record(UserReactivated.of({ status: this.state.activated ? 'active' : 'invited' }));
  }

  /** @throws {UserLockedOut} if they are locked already. */
  lock(reason: string): void {
    this.assertExists();
    this.assertNotLocked();
    this.record(UserLocked.of({ reason }));
  }

  /** @throws {UserNotLocked} */
  unlock(): void {
    this.assertExists();
    if (!this.state.locked) throw new UserNotLocked(this.id);
    this.record(UserUnlocked.of({}));
  }

  /** Once more changes nothing. */
  assignRole(roleId: string): void {
    this.assertExists();
    if (!this.state.roleIds.includes(roleId)) this.record(UserRoleAssigned.of({ roleId }));
  }

  /** Once more changes nothing. */
  revokeRole(roleId: string): void {
    this.assertExists();
    if (this.state.roleIds.includes(roleId)) this.record(UserRoleRevoked.of({ roleId }));
  }

  /** @throws {UserNotActive} {@link UserLockedOut} */
  linkIdentity(linkId: string): void {
    this.assertMayAct();
    this.record(UserIdentityLinked.of({ linkId }));
  }

  /** Once more changes nothing. */
  unlinkIdentity(linkId: string): void {
    this.assertExists();
    if (this.state.linkIds.includes(linkId)) this.record(UserIdentityUnlinked.of({ linkId }));
  }

  delete(): void {
    this.assertExists();
    this.record(UserDeleted.of({}));
  }

  protected apply(event: UserEvent): void {
    this.state = evolveUser(this.state, event);
  }

  /** The stream of a deleted user goes on existing, but nothing in it may be told apart from one that never did. */
  private assertExists(): void {
    if (this.state.deleted) throw new UserNotFound(this.id);
  }

  private assertNotLocked(): void {
    if (this.state.locked) throw new UserLockedOut(this.id);
  }

  private assertInvited(): void {
    this.assertExists();
    this.assertNotLocked();
    if (this.state.status !== 'invited') throw new UserNotInvited(this.id);
  }

  private assertMayAct(): void {
    this.assertExists();
    this.assertNotLocked();
    if (this.state.status !== 'active') throw new UserNotActive(this.id);
  }

  private assertMailDue(type: string, now: Date): void {
    if (!this.isMailDue(type, now)) throw new UserMailTooSoon();
  }

  private isMailDue(type: string, now: Date): boolean {
    return isDue(this.state.mails[type], now);
  }
}
