import { StartImpersonationHandler } from '../impersonation/commands/start-impersonation.command.js';
import { Impersonators } from '../impersonation/impersonators.js';
import { ServedTenants } from '../impersonation/served-tenants.js';
import { ListImpersonationsHandler } from '../impersonation/list-impersonations.query.js';
import { Admission } from '../passport/admission.js';
import { ApiKeyStrategy } from '../passport/api-key.strategy.js';
import { SessionStrategy } from '../passport/session.strategy.js';
import { EndSessionHandler, EndSessionsHandler } from './commands/end-sessions.command.js';
import { GetSessionHandler } from './get-session.query.js';
import { KnownSessions } from './known-sessions.js';
import { ListSessionsHandler } from './list-sessions.query.js';
import { ReplacedSessions } from './replaced-sessions.js';
import { SessionAuthenticator } from './session.authenticator.js';
import { SessionClock } from './session-clock.js';
import { SessionCookies } from './session-cookies.js';
import { SessionEndings } from './session-endings.js';
import { SessionIdentities } from './session-identities.js';
import { SessionTerms } from './session-lifetimes.js';
import { SessionSightings } from './session-sightings.js';
import { SessionTable } from './session-table.js';
import { Sessions } from './sessions.js';

/** What whoever lets people in asks for, and those who show where they are. */
export const exportedSessionProviders = [
  ReplacedSessions,
  SessionClock,
  SessionCookies,
  Sessions,
  SessionTable,
  SessionTerms,
];

/** What begins, knows and ends sessions, for the module. */
export const sessionProviders = [
  Admission,
  ApiKeyStrategy,
  ...exportedSessionProviders,
  EndSessionHandler,
  EndSessionsHandler,
  GetSessionHandler,
  Impersonators,
  KnownSessions,
  ListImpersonationsHandler,
  ListSessionsHandler,
  ServedTenants,
  SessionAuthenticator,
  SessionEndings,
  SessionIdentities,
  SessionSightings,
  SessionStrategy,
  StartImpersonationHandler,
];
