import { RequestEmailChange } from '@acci/auth';
import { uuidv7 } from '@acci/database';
import { EventStore } from '@acci/event-store';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import type { ApiUnderTest } from '../setup/api-under-test.js';
import { bearer, contextIn, type House, password, type Somebody } from './house.js';
import {
  asUser,
  byLink,
  inSession,
  invalid,
  noLogin,
  path,
  tenantStates,
  type TokenPath,
  used,
  usersOut,
} from './token-path.js';

const next = 'ten pear trees in a row';

/** The ways of users: passwords, sessions, mailed links. */
export function userPaths(api: ApiUnderTest, house: House): TokenPath[] {
  const logIn = async ({ tenantId, email }: Somebody & { email: string }, as: string) => {
    const body = { tenant: await house.slugOf(tenantId), login: email, password, as };
    return () => house.ask('POST /v1/auth/login', {}, body);
  };
  const withPassword =
    (as: 'token' | 'cookie'): TokenPath['ready'] =>
    async (tenantId) => {
      const who = await house.userWithPassword(tenantId);
      return { who, ask: await logIn(who, as) };
    };
  const inBrowser: TokenPath['ready'] = async (tenantId) => {
    const who = await house.userWithPassword(tenantId);
    const answer = await (await logIn(who, 'cookie'))();
    const { csrfToken } = (await answer.json()) as { csrfToken: string };
    const cookie = answer.headers.getSetCookie().map((one) => one.split(';')[0]);
    const headers = { cookie: cookie.join('; '), 'x-csrf-token': csrfToken };
    const body = { current: password, password: next };
    return { who, ask: () => house.ask('POST /v1/me/password', headers, body) };
  };

  /** With the token of a mail, as it was mailed, or as it comes a moment too late. */
  const links = (
    operation: string,
    { late, body = {}, stores }: { late: TokenPath['refused']; body?: object; stores?: boolean },
    make: (tenantId: string) => Promise<[Somebody, Parameters<House['link']>[1]]>,
  ): TokenPath[] => {
    const ready =
      (isLate: boolean): TokenPath['ready'] =>
      async (tenantId) => {
        const [who, grant] = await make(tenantId);
        let token = await house.link(who, grant);
        const again = async () => (token = await house.link(who, grant));
        return {
          who,
          ask: () => house.ask(operation, {}, { ...body, token }),
          ...(isLate && { late: again }),
        };
      };
    return [
      path(operation, 'a link', byLink, ready(false), stores),
      path(operation, 'a link that is made too late', { ...tenantStates, ...late }, ready(true), stores),
    ];
  };
  const joining = { late: usersOut('auth.user.locked', 'auth.user.not_invited', used), body: { password } };

  return [
    path('POST /v1/auth/login', 'as token', noLogin, withPassword('token')),
    path('POST /v1/auth/login', 'as cookie', noLogin, withPassword('cookie')),
    path('GET /v1/auth/session', 'in a session', asUser, inSession(house, 'GET /v1/auth/session'), false),
    path(
      'POST /v1/me/password',
      'in a session',
      asUser,
      inSession(house, 'POST /v1/me/password', { current: password, password: next }),
    ),
    path('POST /v1/me/password', 'in a browser', asUser, inBrowser),
    path(
      'POST /v1/me/email',
      'in a session',
      asUser,
      inSession(house, 'POST /v1/me/email', { email: 'other@example.com', password }),
      false,
    ),
    path(
      'POST /v1/me/identity-links/offers',
      'in a session',
      asUser,
      inSession(house, 'POST /v1/me/identity-links/offers'),
    ),
    ...['', '/preview'].map((what) =>
      path(
        `POST /v1/me/identity-links${what}`,
        'in a session',
        asUser,
        async (tenantId) => {
          const offerer = await house.user(await house.tenant());
          const token = await house.link(offerer, { purpose: 'identity_link' });
          return inSession(house, `POST /v1/me/identity-links${what}`, { token })(tenantId);
        },
        false,
      ),
    ),
    ...links(
      'POST /v1/auth/password-resets:confirm',
      { late: usersOut('auth.user.locked', 'auth.user.not_active', used), body: { password: next } },
      async (tenantId) => [await house.user(tenantId), { purpose: 'password_reset' }],
    ),
    ...links('POST /v1/auth/invitations:accept', joining, async (tenantId) => [
      await house.invited(tenantId),
      { purpose: 'invitation' },
    ]),
    ...links('POST /v1/auth/registrations:confirm', joining, async (tenantId) => [
      await house.invited(tenantId),
      { purpose: 'registration' },
    ]),
    ...links(
      'POST /v1/auth/email-changes:confirm',
      { late: usersOut('auth.user.locked', 'auth.user.not_active', used), stores: false },
      async (tenantId) => {
        const who = await house.user(tenantId);
        const ctx = contextIn(tenantId);
        const wish = { id: who.id, email: `${uuidv7()}@example.com` };
        await house.commands.execute(new RequestEmailChange(ctx, wish));
        const events = await api.app.get(EventStore, { strict: false }).readStream(ctx, 'auth.user', who.id);
        return [who, { purpose: 'email_change', data: events.at(-1)?.data as { requestId: string } }];
      },
    ),
    path('POST /v1/tenants/{id}/impersonations', 'by an operator', usersOut(invalid), async (tenantId) =>
      inSession(
        house,
        `POST /v1/tenants/${tenantId}/impersonations`,
        { reason: 'A test' },
        'operator',
      )(PLATFORM_TENANT_ID),
    ),
    path(
      'POST /v1/tenants/{id}/impersonations',
      'as a user',
      { ...usersOut('auth.user.not_active', 'auth.user.not_active', 'auth.user.not_found'), ...tenantStates },
      async (tenantId) => {
        const who = await house.user(tenantId);
        const headers = bearer(api.operatorKey);
        const wish = { reason: 'A test', userId: who.id };
        return { who, ask: () => house.ask(`POST /v1/tenants/${tenantId}/impersonations`, headers, wish) };
      },
    ),
  ];
}
