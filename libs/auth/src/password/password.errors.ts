import { DomainError } from '@acci/event-store';

/** Why a password is not taken. Rules of an app's own may have reasons of their own. */
export type PasswordRefusal =
  'too_short' | 'too_long' | 'not_text' | 'is_own_name' | 'too_common' | (string & {});

const words: Readonly<Record<string, string>> = {
  too_short: 'The password is too short',
  too_long: 'The password is too long',
  not_text: 'The password has something in it that is no character',
  is_own_name: 'The password is the e-mail address or the user name',
  too_common: 'The password is one of those that are guessed first',
};

/** A password that is to be set breaks a rule; `details.reason` says which. */
export class PasswordRefused extends DomainError {
  readonly code = 'auth.password.refused';
  readonly kind = 'invalid';
  override readonly details: { readonly reason: PasswordRefusal };

  constructor(reason: PasswordRefusal, message = words[reason] ?? 'The password is not allowed') {
    super(message);
    this.details = { reason };
  }
}

/** Whoever wants to change their password does not know the one they have. */
export class PasswordWrong extends DomainError {
  readonly code = 'auth.password.wrong';
  readonly kind = 'invalid';

  constructor() {
    super('That is not your password');
  }
}

/** The hashing of passwords is set up weaker than it may be. Thrown at boot. */
export class PasswordHashingWeak extends Error {
  constructor() {
    super('Passwords must be hashed with 19456 KiB, 2 passes and 1 lane at least: see passwordHashing');
    this.name = new.target.name;
  }
}
