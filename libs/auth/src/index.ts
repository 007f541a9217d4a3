export {
  type Authenticator,
  Authenticators,
  type CredentialOwner,
  type Identity,
} from './access/authenticator.js';
export { bearerToken } from './access/bearer-token.js';
export { Caller } from './access/caller.decorator.js';
export { RefusedToImpersonators } from './access/refused-to-impersonators.js';
export {
  ApiKeyConfigured,
  ApiKeyEnded,
  ApiKeyExpiryPast,
  ApiKeyNotFound,
  ApiKeyNotPlatform,
  ApiKeyOutlivesCreator,
  ApiKeyRangesWider,
  ApiKeyOwnerKeptOut,
  ApiKeyRotating,
  ApiKeyTakenBack,
  LastOperatorKey,
} from './api-key/api-key.errors.js';
export {
  ApiKeyChanged,
  ApiKeyCreated,
  type ApiKeyEvent,
  apiKeyEvents,
  ApiKeyRevoked,
  ApiKeyRoleAssigned,
  ApiKeyRoleRevoked,
  ApiKeyRotated,
  ApiKeySecretReplaced,
} from './api-key/api-key.events.js';
export {
  ApiKeyPage,
  ApiKeyResponse,
  ChangeApiKeyRequest,
  CreateApiKeyRequest,
  CreatedApiKeyResponse,
  RotateApiKeyRequest,
} from './api-key/api-key.schemas.js';
export { apiKeyBasicScheme } from './api-key/api-key.authenticator.js';
export { FollowApiKeys } from './api-key/api-keys/follow-api-keys.query.js';
export { GetApiKey } from './api-key/api-keys/get-api-key.query.js';
export { ListApiKeys } from './api-key/api-keys/list-api-keys.query.js';
export { ChangeApiKey } from './api-key/commands/change-api-key.command.js';
export { type ApiKeyWish, CreateApiKey, type CreatedKey } from './api-key/commands/create-api-key.command.js';
export { RevokeApiKey } from './api-key/commands/revoke-api-key.command.js';
export { type ApiKeyRotation, RotateApiKey } from './api-key/commands/rotate-api-key.command.js';
export type { KeyCreator } from './api-key/within-creator.js';
export { CredentialsInvalid, CredentialsMissing, PermissionMissing } from './auth.errors.js';
export { AuthHttpModule } from './auth-http.module.js';
export { AuthModule } from './auth.module.js';
export type { AuthModuleOptions } from './auth.options.js';
export { LogIn } from './login/commands/log-in.command.js';
export { KnownDevices } from './login/known-devices.js';
export type { LoginOutcome, LoginReport } from './login/login-outcomes.js';
export { LoginRequest, LoginResponse } from './login/login.schemas.js';
export { LoginFailed, LoginOverloaded, LoginThrottled } from './login/login.errors.js';
export { Abilities } from './grant/abilities.js';
export { AppliesConditions } from './grant/applies-conditions.decorator.js';
export {
  Condition,
  type ConditionValue,
  type ResolvedCondition,
  type UserAttributes,
} from './grant/condition.js';
export { type GrantCheck, GrantGate, type Grantor, program } from './grant/grant-gate.js';
export {
  assertGrantable,
  type ConditionalGrant,
  type Granted,
  Grants,
  type RoleTerms,
} from './grant/grants.js';
export { SqlFilter } from './grant/sql-filter.js';
export { grantsOfPrincipal, grantsOfUser, type StoredGrant } from './grant/stored-grants.js';
export { ChangeGroup, type GroupRef } from './group/commands/change-group.command.js';
export { CreateGroup } from './group/commands/create-group.command.js';
export { DeleteGroup } from './group/commands/delete-group.command.js';
export { type GroupMemberInput, SetGroupMember } from './group/commands/set-group-member.command.js';
export type { GroupDescription } from './group/group.aggregate.js';
export { GroupNameTaken, GroupNotFound } from './group/group.errors.js';
export {
  GroupChanged,
  GroupCreated,
  GroupDeleted,
  type GroupEvent,
  groupEvents,
  GroupMemberAdded,
  GroupMemberRemoved,
  GroupRoleAssigned,
  GroupRoleRevoked,
} from './group/group.events.js';
export { GroupMemberResponse, GroupResponse, ListGroupsQuery } from './group/group.schemas.js';
export { FollowGroupMembers } from './group/groups/follow-group-members.query.js';
export { FollowGroups } from './group/groups/follow-groups.query.js';
export { GetGroup } from './group/groups/get-group.query.js';
export { ListGroupMembers } from './group/groups/list-group-members.query.js';
export { ListGroups } from './group/groups/list-groups.query.js';
export { type GuestRoleInput, SetGuestRole } from './guest/commands/set-guest-role.command.js';
export { GuestNotFound, TenantNotReachable } from './guest/guest.errors.js';
export { type GuestEvent, guestEvents, GuestRoleAssigned, GuestRoleRevoked } from './guest/guest.events.js';
export { GuestResponse } from './guest/guest.schemas.js';
export { FollowGuests } from './guest/guests/follow-guests.query.js';
export { ListGuests } from './guest/guests/list-guests.query.js';
export { type BuiltInRole, builtInRoles } from './role/built-in-roles.js';
export { ChangeRole, type RoleRef } from './role/commands/change-role.command.js';
export { CreateRole } from './role/commands/create-role.command.js';
export { DeleteRole } from './role/commands/delete-role.command.js';
export { SetRole, type SetRoleInput } from './role/commands/set-role.command.js';
export { FollowHeldRoles } from './role/role-assignments/follow-held-roles.query.js';
export { GetHeldRoles } from './role/role-assignments/get-held-roles.query.js';
export {
  LastOwner,
  RoleStillAssigned,
  RoleBuiltIn,
  RoleConditionUnsupported,
  RoleNameTaken,
  RoleNotFound,
  RoleNotPlatform,
} from './role/role.errors.js';
export {
  RoleChanged,
  RoleCreated,
  RoleDeleted,
  type RoleDescription,
  type RoleEvent,
  roleEvents,
} from './role/role.events.js';
export type { Principal } from './role/role-holders.js';
export { HeldRolesResponse, ListRolesQuery, RoleResponse } from './role/role.schemas.js';
export { FollowRoles } from './role/roles/follow-roles.query.js';
export { GetRole } from './role/roles/get-role.query.js';
export { ListRoles } from './role/roles/list-roles.query.js';
export { authMigrations } from './migrations/index.js';
export { ConfirmEmailChangeByToken } from './email-change/commands/confirm-email-change-by-token.command.js';
export { RequestOwnEmailChange } from './email-change/commands/request-own-email-change.command.js';
export { type Joining, JoinTenant } from './invitation/commands/join-tenant.command.js';
export { JoinedResponse } from './invitation/invitation.schemas.js';
export type { TokenUser } from './one-time-token/one-time-acts.js';
export { LinkTargetInvalid, type LinkTargets } from './one-time-token/link-targets.js';
export { type LinkWish, OneTimeLinks } from './one-time-token/one-time-links.js';
export { OneTimeTokenInvalid } from './one-time-token/one-time-token.errors.js';
export {
  type OneTimeData,
  type OneTimeGrant,
  type OneTimeHolder,
  type OneTimePurpose,
  OneTimeTokens,
} from './one-time-token/one-time-tokens.js';
export { OperatorKeyWeak } from './operator-key/operator-key.errors.js';
export { ConfirmSetUp } from './first-start/confirm-set-up.command.js';
export { FirstOperatorBootstrap, type FirstOperatorResult } from './first-start/first-operator.bootstrap.js';
export { ConfirmSetUpRequest } from './first-start/set-up.schemas.js';
export { type BootstrapResult, OperatorKeyBootstrap } from './operator-key/operator-key.bootstrap.js';
export { InviteOwner, type OwnerWish } from './owner/invite-owner.command.js';
export { OwnerExists, OwnerOfPlatform } from './owner/owner.errors.js';
export {
  type OwnerEvent,
  ownerEvents,
  OwnerInvitationWithdrawn,
  OwnerInvited,
} from './owner/owner.events.js';
export { ChangePassword } from './password/commands/change-password.command.js';
export { PasswordHashingWeak, PasswordRefused, PasswordWrong } from './password/password.errors.js';
export type { PasswordHashingOptions } from './password/password-hashing.js';
export { type PasswordOwner, type PasswordRule, PasswordRules } from './password/password-rules.js';
export { ChangePasswordRequest, PasswordChanged } from './password/password.schemas.js';
export { type PasswordProof, Passwords, type SealedPassword } from './password/passwords.js';
export { PermissionNotHeld, PermissionUnknown } from './permissions/permission.errors.js';
export { PermissionCatalogue } from './permissions/permission-catalogue.js';
export { type Permissions, permits } from './permissions/permissions.js';
export { PermissionsResponse } from './permissions/permissions.schemas.js';
export { PlatformNotImpersonated } from './impersonation/impersonation.errors.js';
export {
  ImpersonationPage,
  ImpersonationResponse,
  ImpersonationStartedResponse,
  StartImpersonationRequest,
} from './impersonation/impersonation.schemas.js';
export { StartImpersonation } from './impersonation/commands/start-impersonation.command.js';
export { FollowImpersonations } from './impersonation/follow-impersonations.query.js';
export { ListImpersonations } from './impersonation/list-impersonations.query.js';
export { ImpersonationRefused } from './access/refused-to-impersonators.js';
export { ApiKeyStrategy, apiKeyStrategy } from './passport/api-key.strategy.js';
export { SessionStrategy, sessionStrategy } from './passport/session.strategy.js';
export { type Client, clientOf } from './session/client-of.js';
export { EndSession, EndSessions } from './session/commands/end-sessions.command.js';
export { csrfTokenOf } from './session/csrf.js';
export { FollowSessions } from './session/follow-sessions.query.js';
export { GetSession } from './session/get-session.query.js';
export { ListSessions } from './session/list-sessions.query.js';
export {
  csrfTokenScheme,
  developmentSessionCookie,
  sessionCookie,
  SessionCookies,
  sessionCookieScheme,
} from './session/session-cookies.js';
export {
  CallerHasNoSession,
  CredentialsAmbiguous,
  CrossSiteRequest,
  SessionNotFound,
  SessionNotRenewable,
} from './session/session.errors.js';
export {
  ImpersonationEnded,
  ImpersonationStarted,
  SessionEnded,
  type SessionEndReason,
  type SessionEvent,
  sessionEvents,
  SessionRenewed,
  SessionStarted,
} from './session/session.events.js';
export { type SessionLifetimes, SessionTerms } from './session/session-lifetimes.js';
export {
  CurrentSessionResponse,
  SessionPage,
  SessionResponse,
  SessionsEnded,
} from './session/session.schemas.js';
export type { Impersonator, SessionRef, SessionRow } from './session/session-table.js';
export { type NewImpersonation, type NewSession, Sessions, type StartedSession } from './session/sessions.js';
export { ActivateUser } from './user/commands/activate-user.command.js';
export { ChangeUserProfile } from './user/commands/change-user-profile.command.js';
export { ConfirmEmailChange } from './user/commands/confirm-email-change.command.js';
export { CreateUser } from './user/commands/create-user.command.js';
export { DeactivateUser } from './user/commands/deactivate-user.command.js';
export { DeleteUser } from './user/commands/delete-user.command.js';
export { InviteUserAgain } from './user/commands/invite-user-again.command.js';
export { InviteUser } from './user/commands/invite-user.command.js';
export { LockUser } from './user/commands/lock-user.command.js';
export { ReactivateUser } from './user/commands/reactivate-user.command.js';
export { RequestEmailChange } from './user/commands/request-email-change.command.js';
export { RequestPasswordReset } from './user/commands/request-password-reset.command.js';
export { UnlockUser } from './user/commands/unlock-user.command.js';
export { IdentityLinkResponse } from './user/identity-link/identity-link.schemas.js';
export { FollowIdentityLinks } from './user/identity-link/follow-identity-links.query.js';
export { ListIdentityLinks } from './user/identity-link/list-identity-links.query.js';
export { AcceptIdentityLink } from './user/identity-link/accept-identity-link.command.js';
export {
  IdentityLinkExists,
  IdentityLinkNotFound,
  IdentityLinkSameTenant,
} from './user/identity-link/identity-link.errors.js';
export {
  type IdentityLinkOffer,
  OfferIdentityLink,
} from './user/identity-link/offer-identity-link.command.js';
export { RemoveIdentityLink } from './user/identity-link/remove-identity-link.command.js';
export type { PersonInput } from './user/new-person.js';
export { type ResetAccount, ResetPassword } from './password-reset/commands/reset-password.command.js';
export { RegisterUser } from './registration/commands/register-user.command.js';
export { RegistrationClosed } from './registration/registration.errors.js';
export { AuthMailModule } from './user-mail/user-mail.module.js';
export { type Account, mayLogIn, UserAccounts } from './user/user-accounts.js';
export {
  CallerNotUser,
  EmailChangeNotRequested,
  UserAlreadyDeactivated,
  UserEmailTaken,
  UserLockedOut,
  UserMailTooSoon,
  UserNameTaken,
  UserNotActive,
  UserNotDeactivated,
  UserNotFound,
  UserNotInvited,
  UserNotLocked,
} from './user/user.errors.js';
export {
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
} from './user/user.events.js';
export {
  ChangeMeRequest,
  ChangeUserRequest,
  FollowUsersQuery,
  InviteUserRequest,
  ListUsersQuery,
  LockUserRequest,
  UserPage,
  UserResponse,
  UserWritten,
} from './user/user.schemas.js';
export { ImportUsers } from './user/user-import/import-users.command.js';
export { UserLineDoubled, UserLineInvalid } from './user/user-import/user-import.errors.js';
export { UserImportReportLine } from './user/user-import/user-import.schemas.js';
export { FollowUsers } from './user/users/follow-users.query.js';
export { GetUser } from './user/users/get-user.query.js';
export { ListUsers } from './user/users/list-users.query.js';
export { ChangeServiceAccount } from './service-account/commands/change-service-account.command.js';
export { CreateServiceAccount } from './service-account/commands/create-service-account.command.js';
export { DeleteServiceAccount } from './service-account/commands/delete-service-account.command.js';
export { DisableServiceAccount } from './service-account/commands/disable-service-account.command.js';
export { EnableServiceAccount } from './service-account/commands/enable-service-account.command.js';
export {
  AddClientSecret,
  type AddedClientSecret,
} from './service-account/credentials/add-client-secret.command.js';
export { type AddedPublicKey, AddPublicKey } from './service-account/credentials/add-public-key.command.js';
export {
  AddClientSecretRequest,
  AddedClientSecretResponse,
  AddedPublicKeyResponse,
  AddPublicKeyRequest,
  ServiceAccountCredentialResponse,
  ServiceAccountCredentialsResponse,
} from './service-account/credentials/credential.schemas.js';
export { FollowServiceAccountCredentials } from './service-account/credentials/follow-credentials.query.js';
export { ListServiceAccountCredentials } from './service-account/credentials/list-credentials.query.js';
export { PublicKeyJwk } from './service-account/credentials/public-key.js';
export { RevokeServiceAccountCredential } from './service-account/credentials/revoke-credential.command.js';
export type { ServiceAccountTerms } from './service-account/service-account.aggregate.js';
export {
  ServiceAccountCredentialExpiryPast,
  PublicKeyKnown,
  PublicKeyUnusable,
  ServiceAccountAlreadyDisabled,
  ServiceAccountIsDisabled,
  ServiceAccountNameTaken,
  ServiceAccountNotDisabled,
  ServiceAccountNotFound,
  ServiceAccountNotPlatform,
  TooManyServiceAccountCredentials,
} from './service-account/service-account.errors.js';
export {
  ServiceAccountChanged,
  ServiceAccountCreated,
  ServiceAccountCredentialAdded,
  ServiceAccountCredentialRevoked,
  ServiceAccountDeleted,
  ServiceAccountDisabled,
  ServiceAccountEnabled,
  type ServiceAccountEvent,
  serviceAccountEvents,
  ServiceAccountRoleAssigned,
  ServiceAccountRoleRevoked,
} from './service-account/service-account.events.js';
export {
  ChangeServiceAccountRequest,
  CreateServiceAccountRequest,
  FollowServiceAccountsQuery,
  ListServiceAccountsQuery,
  ServiceAccountPage,
  ServiceAccountResponse,
  ServiceAccountWritten,
} from './service-account/service-account.schemas.js';
export { FollowServiceAccounts } from './service-account/service-accounts/follow-service-accounts.query.js';
export { GetServiceAccount } from './service-account/service-accounts/get-service-account.query.js';
export { ListServiceAccounts } from './service-account/service-accounts/list-service-accounts.query.js';
export { clientCredentialsScheme } from './token/token.controller.js';
export { TokenErrorResponse, TokenResponse } from './token/token.schemas.js';
