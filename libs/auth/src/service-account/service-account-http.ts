import { TokenController } from '../token/token.controller.js';
import { CredentialController } from './credentials/credential.controller.js';
import { FollowServiceAccountCredentialsHandler } from './credentials/follow-credentials.query.js';
import { ServiceAccountStreamController } from './service-account-stream.controller.js';
import { ServiceAccountController } from './service-account.controller.js';
import { FollowServiceAccountsHandler } from './service-accounts/follow-service-accounts.query.js';

/** The routes of service accounts and of their tokens; the stream before what takes an id in that place. */
export const serviceAccountControllers = [
  ServiceAccountStreamController,
  ServiceAccountController,
  CredentialController,
  TokenController,
];

/** What those routes need beside the domain. */
export const serviceAccountHttpProviders = [
  FollowServiceAccountCredentialsHandler,
  FollowServiceAccountsHandler,
];
