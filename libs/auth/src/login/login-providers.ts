import { ChangePasswordHandler } from '../password/commands/change-password.command.js';
import { OnlySession } from '../password/only-session.js';
import { OwnPassword } from '../password/own-password.js';
import { PasswordHasher } from '../password/password-hasher.js';
import { PasswordRules } from '../password/password-rules.js';
import { Passwords } from '../password/passwords.js';
import { LogInHandler } from './commands/log-in.command.js';
import { DeviceCookies } from './device-cookies.js';
import { ForgottenLogins } from './forgotten-logins.js';
import { KnownDevices } from './known-devices.js';
import { LocalStrategy } from './local.strategy.js';
import { LoginAttempts } from './login-attempts.js';
import { PasswordLogin } from './password-login.js';

/** What other ways to log in, and other ways to set a password, ask for. */
export const exportedLoginProviders = [KnownDevices, PasswordLogin, PasswordRules, Passwords];

/** What keeps passwords and lets people in by them, for the module. */
export const loginProviders = [
  ...exportedLoginProviders,
  ChangePasswordHandler,
  DeviceCookies,
  ForgottenLogins,
  LocalStrategy,
  LogInHandler,
  LoginAttempts,
  OnlySession,
  OwnPassword,
  PasswordHasher,
];
