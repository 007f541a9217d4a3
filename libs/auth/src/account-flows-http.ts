import { EmailChangeController } from './email-change/email-change.controller.js';
import { SetUpController } from './first-start/set-up.controller.js';
import { InvitationController } from './invitation/invitation.controller.js';
import { JoinedAnswer } from './invitation/joined-answer.js';
import { OwnerController } from './owner/owner.controller.js';
import { PasswordResetController } from './password-reset/password-reset.controller.js';
import { RegistrationController } from './registration/registration.controller.js';

/** What lets people into their accounts by mail, over HTTP. */
export const flowControllers = [
  EmailChangeController,
  InvitationController,
  OwnerController,
  PasswordResetController,
  RegistrationController,
  SetUpController,
];

/** What these need beside what the module exports. */
export const flowHttpProviders = [JoinedAnswer];
