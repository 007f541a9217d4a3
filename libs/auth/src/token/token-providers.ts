import { AccessTokens } from './access-tokens.js';
import { ClientAssertions } from './client-assertions.js';
import { ServiceTokenAuthenticator } from './service-token.authenticator.js';
import { TokenClients } from './token-clients.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenRevoker } from './token-revoker.js';

/** What the token endpoint needs. */
export const exportedTokenProviders = [TokenClients, TokenIssuer, TokenRevoker];

/** What gives access tokens to service accounts, and knows them again. */
export const tokenProviders = [
  ...exportedTokenProviders,
  AccessTokens,
  ClientAssertions,
  ServiceTokenAuthenticator,
];
