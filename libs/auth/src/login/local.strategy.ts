import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';
import type { ProvenUser } from './password-login.js';

/** What passport is shown of a request to log in. */
export interface LocalAttempt {
  readonly body: unknown;
  readonly headers: object;
  /** Asks the app that got the request: passport has one list of strategies for all apps of a process. */
  prove(password: string): Promise<ProvenUser>;
}

/** How passport knows the strategy; apps may have one called `local` themselves. */
export const localStrategy = 'acci-local';

/** Passport's way to log in with a name and a password. */
@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy, localStrategy) {
  constructor() {
    super({ usernameField: 'login', passwordField: 'password', passReqToCallback: true });
  }

  validate(attempt: LocalAttempt, _login: string, password: string): Promise<ProvenUser> {
    return attempt.prove(password);
  }
}
