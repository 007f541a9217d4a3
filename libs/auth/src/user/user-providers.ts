import { ActivateUserHandler } from './commands/activate-user.command.js';
import { ChangeUserProfileHandler } from './commands/change-user-profile.command.js';
import { ConfirmEmailChangeHandler } from './commands/confirm-email-change.command.js';
import { CreateUserHandler } from './commands/create-user.command.js';
import { DeactivateUserHandler } from './commands/deactivate-user.command.js';
import { DeleteUserHandler } from './commands/delete-user.command.js';
import { InviteUserAgainHandler } from './commands/invite-user-again.command.js';
import { InviteUserHandler } from './commands/invite-user.command.js';
import { LockUserHandler } from './commands/lock-user.command.js';
import { ReactivateUserHandler } from './commands/reactivate-user.command.js';
import { RequestEmailChangeHandler } from './commands/request-email-change.command.js';
import { RequestPasswordResetHandler } from './commands/request-password-reset.command.js';
import { UnlockUserHandler } from './commands/unlock-user.command.js';
import { AcceptIdentityLinkHandler } from './identity-link/accept-identity-link.command.js';
import { IdentityLinkOffers } from './identity-link/identity-link-offers.js';
import { IdentityLinks } from './identity-link/identity-links.js';
import { ListIdentityLinksHandler } from './identity-link/list-identity-links.query.js';
import { OfferIdentityLinkHandler } from './identity-link/offer-identity-link.command.js';
import { RemoveIdentityLinkHandler } from './identity-link/remove-identity-link.command.js';
import { ManagedUsers } from './managed-users.js';
import { UserAccounts } from './user-accounts.js';
import { ImportUsersHandler } from './user-import/import-users.command.js';
import { GetUserHandler } from './users/get-user.query.js';
import { ListUsersHandler } from './users/list-users.query.js';

/** What asks about users, for this module and for others. */
export const exportedUserProviders = [IdentityLinkOffers, IdentityLinks, UserAccounts];

/** What users need of the module: what handles their commands and queries, and what asks about them. */
export const userProviders = [
  ...exportedUserProviders,
  AcceptIdentityLinkHandler,
  ListIdentityLinksHandler,
  OfferIdentityLinkHandler,
  RemoveIdentityLinkHandler,
  ActivateUserHandler,
  ChangeUserProfileHandler,
  ConfirmEmailChangeHandler,
  CreateUserHandler,
  DeactivateUserHandler,
  DeleteUserHandler,
  ManagedUsers,
  GetUserHandler,
  ImportUsersHandler,
  InviteUserHandler,
  InviteUserAgainHandler,
  ListUsersHandler,
  LockUserHandler,
  ReactivateUserHandler,
  RequestEmailChangeHandler,
  RequestPasswordResetHandler,
  UnlockUserHandler,
];
