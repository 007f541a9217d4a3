import { DomainError } from '@acci/event-store';

/** There is no such user in the tenant. A user of another tenant, and one who was deleted, is answered the same. */
export class UserNotFound extends DomainError {
  readonly code = 'auth.user.not_found';
  readonly kind = 'not_found';

  constructor(id: string) {
    super(`There is no user ${id}`);
  }
}

/** Another user of the tenant has this e-mail address. */
export class UserEmailTaken extends DomainError {
  readonly code = 'auth.user.email_taken';
  readonly kind = 'conflict';

  constructor() {
    super('Another user has this e-mail address');
  }
}

/** Another user of the tenant has this user name. */
export class UserNameTaken extends DomainError {
  readonly code = 'auth.user.user_name_taken';
  readonly kind = 'conflict';

  constructor() {
    super('Another user has this user name');
  }
}

/** The user has accepted the invitation already, or was deactivated meanwhile. */
export class UserNotInvited extends DomainError {
  readonly code = 'auth.user.not_invited';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`No invitation of user ${id} is open`);
  }
}

/** Only an active user can do this. */
export class UserNotActive extends DomainError {
  readonly code = 'auth.user.not_active';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`User ${id} is not active`);
  }
}

/** The user was deactivated before. */
export class UserAlreadyDeactivated extends DomainError {
  readonly code = 'auth.user.already_deactivated';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`User ${id} is deactivated already`);
  }
}

/** Only a user who was deactivated can be reactivated. */
export class UserNotDeactivated extends DomainError {
  readonly code = 'auth.user.not_deactivated';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`User ${id} is not deactivated`);
  }
}

/** A user who is locked can do nothing until they are unlocked. */
export class UserLockedOut extends DomainError {
  readonly code = 'auth.user.locked';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`User ${id} is locked`);
  }
}

/** The user was not locked. */
export class UserNotLocked extends DomainError {
  readonly code = 'auth.user.not_locked';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`User ${id} is not locked`);
  }
}

/** No change of the e-mail address was asked for under this id, or another one since. */
export class EmailChangeNotRequested extends DomainError {
  readonly code = 'auth.user.email_change_not_requested';
  readonly kind = 'conflict';

  constructor() {
    super('This change of the e-mail address is not open any more');
  }
}

/** The user got such a mail just now. Somebody who could ask without end would fill strangers' mailboxes. */
export class UserMailTooSoon extends DomainError {
  readonly code = 'auth.user.mail_too_soon';
  readonly kind = 'limited';

  constructor() {
    super('Such a mail was sent a short while ago');
  }
}

/** Whoever asks is no user: an API key has no profile. */
export class CallerNotUser extends DomainError {
  readonly code = 'auth.caller.not_a_user';
  readonly kind = 'forbidden';

  constructor() {
    super('Only a user has a profile, and these are not the credentials of one');
  }
}
