import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { SuspendTenant } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { Controller, Get, Injectable, type OnModuleInit, Post } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { newKeyText } from '../api-key/key-text.js';
import {
  type Authenticator,
  Authenticators,
  CredentialsInvalid,
  type Identity,
  RevokeApiKey,
} from '../index.js';
import { adapters, AuthServer, createAuthDatabase } from '../spec-support/auth-app.js';
import { rawGet } from '../spec-support/raw-request.js';
import { issueKey } from '../testing.js';
import { CommandBus } from '@nestjs/cqrs';

const routes = [
  ['GET', '/v1/doors/locked', 'house.doors.open', 200],
  ['GET', '/v1/permissions', 'auth.permissions.read', 200],
  ['GET', '/v1/api-keys', 'auth.api_keys.read', 200],
  ['GET', `/v1/api-keys/${uuidv7()}`, 'auth.api_keys.read', 404],
  ['POST', '/v1/api-keys', 'auth.api_keys.create', 400],
  ['DELETE', `/v1/api-keys/${uuidv7()}`, 'auth.api_keys.revoke', 404],
] as const;

describe.each(adapters)('Access on %s', (adapter) => {
  let db: TestDatabase;
  let server: AuthServer;
  let acme: string;
  let globex: string;
  let stranger: { id: string; key: string };

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start(adapter, db);
    [acme = '', globex = ''] = await createTenants(server.app, 2);
    stranger = await issueKey(server.app, { tenantId: globex, permissions: ['auth.*', 'house.*'] });
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });

  const issue = (permissions: readonly string[], expiresAt?: Date) =>
    issueKey(server.app, { tenantId: acme, permissions, expiresAt });
  const invalid = { status: 401, body: { code: 'auth.credentials.invalid' } };
  const withoutInstance = ({
    body: { correlationId: _c, instance: _i, ...body },
  }: {
    body: Record<string, unknown>;
  }) => body;

  describe.each(routes)('%s %s', (method, path, permission, answer) => {
    const send = (key?: string) => server.send(method, path, key, method === 'POST' ? {} : undefined);

    it('asks who is there', async () => {
      const refused = await send();
      expect(refused).toMatchObject({ status: 401, body: { code: 'auth.credentials.missing' } });
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    });

    it('tells nothing of why a key is not good', async () => {
      const revoked = await issue([permission]);
      await server.app
        .get(CommandBus, { strict: false })
        .execute(new RevokeApiKey({ tenantId: acme, actor: 'test', correlationId: 'test' }, revoked.id));
      const expired = await issue([permission], new Date(Date.now() - 1));
      const unknown = newKeyText({ tenantId: acme, keyId: uuidv7() });
      const nowhere = newKeyText({ tenantId: uuidv7(), keyId: uuidv7() });
      const guessed = newKeyText({ tenantId: globex, keyId: stranger.id });
      const moved = newKeyText({ tenantId: acme, keyId: stranger.id });
      const refusals = await Promise.all(
        ['nonsense', revoked.key, expired.key, unknown, nowhere, guessed, moved].map((key) => send(key)),
      );
      for (const refused of refusals) {
        expect(refused).toMatchObject(invalid);
        expect(withoutInstance(refused)).toEqual(withoutInstance(refusals[0] as never));
        expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      }
    });

    it('names the permission that is missing', async () => {
      const others = routes.map(([, , name]) => name).filter((name) => name !== permission);
      const { key } = await issue(others);
      const refused = await send(key);
      expect(refused).toMatchObject({ status: 403, body: { code: 'auth.permission.missing', permission } });
      expect(refused.headers.get('www-authenticate')).toBe(
        `Bearer error="insufficient_scope", scope="${permission}"`,
      );
    });

    it('lets in who holds it, by name or by wildcard', async () => {
      for (const held of [
        permission,
        permission.replace(/\.\w+$/, '.*'),
        permission.replace(/\..*$/, '.*'),
      ]) {
        expect((await send((await issue([held])).key)).status).toBe(answer);
      }
    });

    it('lets in the stranger too, to what is theirs', async () => {
      const { status, body } = await send(stranger.key);
      expect(status).toBe(answer);
      expect(JSON.stringify(body)).not.toContain(acme);
    });

    it('refuses a suspended tenant', async () => {
      const [tenantId = ''] = await createTenants(server.app, 1);
      const { key } = await issueKey(server.app, { tenantId, permissions: [permission] });
      expect((await send(key)).status).toBe(answer);
      await server.app
        .get(CommandBus, { strict: false })
        .execute(new SuspendTenant(platformContext(), { id: tenantId, reason: 'unpaid' }));
      expect(await send(key)).toMatchObject({ status: 403, body: { code: 'tenancy.tenant.suspended' } });
    });
  });

  it('needs no key for what is public, and takes no offence at a bad one', async () => {
    expect((await server.send('GET', '/v1/doors/open')).status).toBe(200);
    expect((await server.send('GET', '/v1/doors/open', 'nonsense')).status).toBe(200);
  });

  describe('with headers that no client sends', () => {
    const path = '/v1/doors/locked';
    let key: string;
    beforeAll(async () => {
      ({ key } = await issue(['house.*']));
    });

    it.each([
      ['another case', (key: string) => [`authorization: bearer ${key}`]],
      ['shouting', (key: string) => [`AUTHORIZATION: BEARER ${key}`]],
      ['space around', (key: string) => [`Authorization:   Bearer   ${key}  \t`]],
      ['Basic, as user name', (key: string) => [`Authorization: Basic ${btoa(`${key}:`)}`]],
      ['Basic, as password', (key: string) => [`authorization: basic ${btoa(`:${key}`)}`]],
      ['Basic, as both', (key: string) => [`Authorization: Basic ${btoa(`${key}:${key}`)}`]],
    ])('takes %s', async (_what, lines) => {
      expect((await rawGet(server.port, path, lines(key))).status).toBe(200);
    });

    it.each([
      [
        'two headers, the good one first',
        (key: string) => [`Authorization: Bearer ${key}`, 'Authorization: Bearer x'],
      ],
      [
        'two headers, the good one last',
        (key: string) => ['Authorization: Bearer x', `authorization: Bearer ${key}`],
      ],
      [
        'the good one twice',
        (key: string) => [`Authorization: Bearer ${key}`, `Authorization: Bearer ${key}`],
      ],
      ['two in one', (key: string) => [`Authorization: Bearer ${key}, Bearer ${key}`]],
      ['more than the key', (key: string) => [`Authorization: Bearer ${key} x`]],
      ['no space', (key: string) => [`Authorization: Bearer${key}`]],
      ['a tab', (key: string) => [`Authorization: Bearer\t${key}`]],
      ['no scheme', (key: string) => [`Authorization: ${key}`]],
      [
        'another scheme',
        (key: string) => [`Authorization: Digest ${Buffer.from(`${key}:`).toString('base64')}`],
      ],
      ['Basic with another password', (key: string) => [`Authorization: Basic ${btoa(`${key}:x`)}`]],
      ['Basic with another user name', (key: string) => [`Authorization: Basic ${btoa(`x:${key}`)}`]],
      ['Basic without a colon', (key: string) => [`Authorization: Basic ${btoa(key)}`]],
      ['Basic in the clear', (key: string) => [`Authorization: Basic ${key}:`]],
      ['Basic with nothing', () => [`Authorization: Basic ${btoa(':')}`]],
      ['Basic and Bearer', (key: string) => [`Authorization: Basic ${btoa(`${key}:`)}, Bearer ${key}`]],
      ['no key', () => ['Authorization: Bearer']],
      ['an empty header', () => ['Authorization:']],
      ['a very long key', (key: string) => [`Authorization: Bearer ${key}${'A'.repeat(8_000)}`]],
      ['very much space', (key: string) => [`Authorization: Bearer ${' '.repeat(8_000)}${key}`]],
    ])('refuses %s', async (_what, lines) => {
      const { status, head } = await rawGet(server.port, path, lines(key));
      expect(status).toBe(401);
      expect(head.toLowerCase()).toContain('www-authenticate: bearer');
    });

    it.each([
      ['a proxy’s header', (key: string) => [`Proxy-Authorization: Bearer ${key}`]],
      ['a folded header', (key: string) => ['X-Other: a', ` Authorization: Bearer ${key}`]],
      ['a space before the colon', (key: string) => [`Authorization : Bearer ${key}`]],
      ['a NUL', (key: string) => [`Authorization: Bearer ${key}\0`]],
      ['more than any server reads', (key: string) => [`Authorization: Bearer ${key}${'A'.repeat(100_000)}`]],
    ])('never takes %s for a key', async (_what, lines) => {
      const { status } = await rawGet(server.port, path, lines(key));
      expect([400, 401, 431]).toContain(status);
    });

    it('takes no key from the URL', async () => {
      expect((await rawGet(server.port, `${path}?access_token=${key}`, [])).status).toBe(401);
    });
  });

  it('can be given by other authenticators, which are asked in turn', async () => {
    @Injectable()
    class BadgeAuthenticator implements Authenticator, OnModuleInit {
      constructor(private readonly authenticators: Authenticators) {}

      onModuleInit(): void {
        this.authenticators.add(this);
      }

      async authenticate({ headers }: IncomingMessage): Promise<Identity | undefined> {
        const inBearer = headers.authorization === 'Bearer badge-of-a-guest';
        if (headers['x-badge'] === undefined && !inBearer) return undefined;
        // Of two credentials nobody can tell which was meant.
        const both = headers['x-badge'] !== undefined && headers.authorization !== undefined;
        if (both || (!inBearer && headers['x-badge'] !== 'guest')) throw new CredentialsInvalid();
        return { tenantId: acme, actor: 'badge:guest', permissions: new Set(['house.doors.open']) };
      }
    }
    const badges = new BadgeAuthenticator(server.app.get(Authenticators));
    badges.onModuleInit();
    const send = (badge: string, key?: string) =>
      server.send('GET', '/v1/doors/locked', key, undefined, { 'x-badge': badge });
    expect(await send('guest')).toMatchObject({ status: 200, body: { openedBy: 'badge:guest' } });
    expect(await send('forged')).toMatchObject(invalid);
    expect(await send('guest', 'nonsense')).toMatchObject(invalid);
    const bearer = (text: string) => server.send('GET', '/v1/doors/locked', text);
    expect(await bearer('badge-of-a-guest')).toMatchObject({
      status: 200,
      body: { openedBy: 'badge:guest' },
    });
    expect(await bearer('badge-of-a-ghost')).toMatchObject(invalid);
  });

  it('does not boot with routes that declare nothing, and names every one', async () => {
    @Controller('forgotten')
    class ForgottenController {
      @Get()
      one(): void {}
      @Post()
      two(): void {}
    }
    await expect(AuthServer.start(adapter, db, [ForgottenController])).rejects.toThrow(
      /ForgottenController\.one, ForgottenController\.two/,
    );
  });
});
