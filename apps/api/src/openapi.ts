import { apiKeyBasicScheme, clientCredentialsScheme, csrfTokenScheme, sessionCookieScheme } from '@acci/auth';
import type { OpenApiOptions } from '@acci/rest';
import { version } from './version.js';

/** What the OpenAPI document says about this API as a whole. */
export function openApiOptions(publicUrl?: string): OpenApiOptions {
  return {
    title: 'ACCI',
    description: [
      'The enterprise application framework for NestJS on PostgreSQL: tenants isolated by row-level security, every',
      'change an event. **Authorize** with the operator key from the start banner, or with the token that',
      '`POST /v1/auth/login` answers, then try any operation: the examples work as they stand. That of the login is Ada of',
      'the demo, which `npm run seed` makes.',
    ].join('\n'),
    release: version,
    contact: { name: 'ACCI', url: 'https://acci.example', email: 'support@acci.example' },
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    tags: {
      Login: 'Logging in with a password, and changing it.',
      Sessions: 'Who you are here, and where else you are logged in.',
      Accounts: 'The ways into an account by mail: invitations, registration, new addresses and passwords.',
      Users: 'The people of a tenant, and yourself: `/v1/me`.',
      Access:
        'What can be permitted, and to whom: permissions, roles, groups, and guests from a tenant above.',
      'API keys': 'Keys that give programs access, and what they permit.',
      'Service accounts': 'Programs that act on their own account, and how they log in with OAuth 2.0.',
      Tenants: 'Tenants and their life: from creation over suspension to deletion and purge.',
      Impersonation:
        'Operators of the platform who act in a tenant: for a while, for a reason, and for it to see.',
      Events: 'What happened in your tenant, and what can happen.',
      Projections: 'Read models and how far they are: pause, repair and rebuild them while they serve.',
      'Dead letters': 'What subscriptions and process managers could not do: try it again or give it up.',
    },
    credentials: [
      { basic: apiKeyBasicScheme },
      { oauth: clientCredentialsScheme },
      { cookie: sessionCookieScheme, csrf: csrfTokenScheme },
    ],
    ...(publicUrl !== undefined && { servers: [{ url: publicUrl, description: 'This installation' }] }),
  };
}
