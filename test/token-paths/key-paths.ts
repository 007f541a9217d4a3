import { CreateApiKey } from '@acci/auth';
import { issueKey } from '@acci/auth/testing';
import type { ApiUnderTest } from '../setup/api-under-test.js';
import { bearer, contextIn, type House, type Somebody } from './house.js';
import {
  asUser,
  inSession,
  invalid,
  noClient,
  path,
  robotsOut,
  tenantStates,
  type TokenPath,
  usersOut,
} from './token-path.js';

/** The ways of programs: API keys, and what service accounts log in with. */
export function keyPaths(api: ApiUnderTest, house: House): TokenPath[] {
  const aKey = { name: 'A key', permissions: ['auth.api_keys.read'] };
  const keyOf = async (who: Somebody): Promise<{ id: string; key: string }> => {
    const creator = {
      tenantId: who.tenantId,
      subject: { type: 'user', id: who.id },
      permissions: '*',
    } as const;
    const terms = { ...aKey, permissions: ['auth.api_keys.*'] };
    const made = await house.commands.execute(new CreateApiKey(contextIn(who.tenantId), creator, terms));
    return { id: made.streamId, key: made.key ?? '' };
  };
  const admin = async (tenantId: string) =>
    bearer((await issueKey(api.app, { tenantId, permissions: ['auth.*'] })).key);
  const tokenForm = (more: Record<string, string>) =>
    new URLSearchParams({ grant_type: 'client_credentials', ...more });
  const clientOf = ({ id, tenantId }: Somebody) => `${id}.${tenantId}`;
  const bySecret = (how: (client: string, secret: string) => [Record<string, string>, object]) =>
    path('POST /v1/auth/token', `a secret: ${how.name}`, noClient, async (tenantId) => {
      const who = await house.serviceAccount(tenantId);
      const [headers, body] = how(clientOf(who), await house.secretOf(who));
      return { who, ask: () => house.ask('POST /v1/auth/token', headers, body) };
    });
  const basic = (client: string, secret: string): [Record<string, string>, object] => [
    { authorization: `Basic ${btoa(`${client}:${secret}`)}` },
    tokenForm({}),
  ];
  const post = (client: string, secret: string): [Record<string, string>, object] => [
    {},
    tokenForm({ client_id: client, client_secret: secret }),
  ];
  const forRobots = (what: string, body: object): TokenPath =>
    path(
      `POST /v1/service-accounts/{id}/${what}`,
      'for one that is out, by an administrator',
      { ...robotsOut('auth.service_account.disabled', 'auth.service_account.not_found'), ...tenantStates },
      async (tenantId) => {
        const who = await house.serviceAccount(tenantId);
        const headers = await admin(tenantId);
        return { who, ask: () => house.ask(`POST /v1/service-accounts/${who.id}/${what}`, headers, body) };
      },
      what === 'secrets',
    );
  const publicKey = {
    kty: 'EC',
    crv: 'P-256',
    x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
    y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  };

  return [
    path('POST /v1/api-keys', 'in a session', asUser, inSession(house, 'POST /v1/api-keys', aKey)),
    path('POST /v1/api-keys', 'by a key of theirs', asUser, async (tenantId) => {
      const who = await house.user(tenantId);
      const headers = bearer((await keyOf(who)).key);
      return { who, ask: () => house.ask('POST /v1/api-keys', headers, aKey) };
    }),
    path(
      'POST /v1/api-keys',
      'by a service account',
      { ...robotsOut(invalid), ...tenantStates },
      async (tenantId) => {
        const who = await house.serviceAccount(tenantId, ['auth.api_keys.*']);
        const form = tokenForm({ client_id: clientOf(who), client_secret: await house.secretOf(who) });
        const answer = await house.ask('POST /v1/auth/token', {}, form);
        const { access_token: token } = (await answer.json()) as { access_token: string };
        return { who, ask: () => house.ask('POST /v1/api-keys', bearer(token), aKey) };
      },
    ),
    path('POST /v1/api-keys/{id}/rotate', 'by a key itself', asUser, async (tenantId) => {
      const who = await house.user(tenantId);
      const { id, key } = await keyOf(who);
      return {
        who,
        ask: () => house.ask(`POST /v1/api-keys/${id}/rotate`, bearer(key), { overlapMinutes: 5 }),
      };
    }),
    path(
      'POST /v1/api-keys/{id}/rotate',
      'for an owner who is out, by an administrator',
      { ...usersOut('auth.api_key.owner_kept_out'), ...tenantStates },
      async (tenantId) => {
        const who = await house.user(tenantId);
        const { id } = await keyOf(who);
        const headers = await admin(tenantId);
        return {
          who,
          ask: () => house.ask(`POST /v1/api-keys/${id}/rotate`, headers, { overlapMinutes: 0 }),
        };
      },
    ),
    forRobots('secrets', { name: 'A secret' }),
    forRobots('public-keys', { name: 'A key', publicKey }),
    bySecret(basic),
    bySecret(post),
    path('POST /v1/auth/token', 'an assertion', noClient, async (tenantId) => {
      const who = await house.serviceAccount(tenantId);
      const form = tokenForm({
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await house.assertionOf(who),
      });
      return { who, ask: () => house.ask('POST /v1/auth/token', {}, form) };
    }),
    path(
      'POST /v1/auth/token:revoke',
      'by a secret',
      noClient,
      async (tenantId) => {
        const who = await house.serviceAccount(tenantId);
        const secret = await house.secretOf(who);
        const form = tokenForm({ client_id: clientOf(who), client_secret: secret, token: 'what-is-none' });
        return { who, ask: () => house.ask('POST /v1/auth/token:revoke', {}, form) };
      },
      false,
    ),
  ];
}
