import { ConfirmEmailChangeByTokenHandler } from './email-change/commands/confirm-email-change-by-token.command.js';
import { RequestOwnEmailChangeHandler } from './email-change/commands/request-own-email-change.command.js';
import { ConfirmSetUpHandler } from './first-start/confirm-set-up.command.js';
import { JoinTenantHandler } from './invitation/commands/join-tenant.command.js';
import { InviteOwnerHandler } from './owner/invite-owner.command.js';
import { OneTimeActs } from './one-time-token/one-time-acts.js';
import { ResetPasswordHandler } from './password-reset/commands/reset-password.command.js';
import { RegisterUserHandler } from './registration/commands/register-user.command.js';
import { UnconfirmedRegistrations } from './registration/unconfirmed-registrations.js';

/** What lets people into their accounts by mail, for the module: invitations, registrations, new addresses and passwords. */
export const flowHandlers = [
  ConfirmEmailChangeByTokenHandler,
  ConfirmSetUpHandler,
  InviteOwnerHandler,
  JoinTenantHandler,
  OneTimeActs,
  RegisterUserHandler,
  RequestOwnEmailChangeHandler,
  ResetPasswordHandler,
  UnconfirmedRegistrations,
];
