import {
  AddClientSecret,
  CreateServiceAccount,
  CreateUser,
  DisableServiceAccount,
  EndSession,
  LogIn,
  RevokeApiKey,
  SetRole,
} from '@acci/auth';
import { issueKey } from '@acci/auth/testing';
import { uuidv7 } from '@acci/database';
import type { Context } from '@acci/event-store';
import { createTenants } from '@acci/tenancy/testing';
import { CommandBus } from '@nestjs/cqrs';
import type { ApiUnderTest } from '../setup/api-under-test.js';

/** Who asks, by the credentials they show. */
export interface Caller {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A user who is logged in. */
export interface Person {
  readonly userId: string;
  readonly sessionId: string;
  readonly caller: Caller;
}

/** A tenant, with those who may do everything in it that a route of the app asks for. */
export interface TenantWithAdmin {
  readonly id: string;
  /** By an API key with every permission that there is. */
  readonly admin: Caller;
  /** By a session of the tenant's owner. */
  readonly owner: Person;
}

/** Tenants that are strangers, parents and children to one another. */
export class World {
  private constructor(
    private readonly api: ApiUnderTest,
    /** Every permission that a route asks for. */
    readonly permissions: readonly string[],
    readonly victim: TenantWithAdmin,
    readonly parent: TenantWithAdmin,
    readonly child: TenantWithAdmin,
    readonly stranger: TenantWithAdmin,
  ) {}

  static async create(api: ApiUnderTest, permissions: readonly string[]): Promise<World> {
    const parent = await tenantOf(api, permissions, 'parent');
    const victim = await tenantOf(api, permissions, 'victim', parent.id);
    const child = await tenantOf(api, permissions, 'child', victim.id);
    const stranger = await tenantOf(api, permissions, 'stranger');
    return new World(api, permissions, victim, parent, child, stranger);
  }

  /** One more tenant like the victim, for somebody who changes what is in it. */
  another(): Promise<TenantWithAdmin> {
    return tenantOf(this.api, this.permissions, 'holder', this.parent.id);
  }

  /** A key of a tenant, with these permissions. */
  key(tenantId: string, permissions: readonly string[], name: string): Promise<Caller> {
    return keyOf(this.api, tenantId, permissions, name);
  }

  /** A user of a tenant who is logged in, with these roles. */
  person(tenantId: string, ...roles: string[]): Promise<Person> {
    return personOf(this.api, tenantId, roles);
  }

  /** Another session of a tenant's owner: one that may be ended. */
  session({ id, owner }: TenantWithAdmin): Promise<Person> {
    return login(this.api, id, owner.userId);
  }

  /** The victim's own people, a moment too late: by key, by session and by access token. */
  async expired(): Promise<Caller[]> {
    const { id: tenantId } = this.victim;
    const { key } = await issueKey(this.api.app, {
      tenantId,
      permissions: this.permissions,
      expiresAt: new Date(Date.now() - 1),
    });
    const { sessionId, caller } = await this.person(tenantId, 'owner');
    await this.api.db.admin(
      `update acci.sessions set expires_at = now() - interval '1 second' where tenant_id = $1 and id = $2`,
      [tenantId, sessionId],
    );
    const robot = await robotOf(this.api, tenantId, this.permissions);
    await this.api.db.admin(
      `update acci.service_account_tokens set expires_at = now() - interval '1 second' where account_id = $1`,
      [robot.id],
    );
    return [bearer('expired key', key), caller, robot.caller];
  }

  /** The victim's own people, thrown out: by key, by session and by access token. */
  async revoked(): Promise<Caller[]> {
    const { id: tenantId } = this.victim;
    const { id, key } = await issueKey(this.api.app, { tenantId, permissions: this.permissions });
    await commands(this.api).execute(new RevokeApiKey(contextIn(tenantId), id));
    const { userId, sessionId, caller } = await this.person(tenantId, 'owner');
    const end = { id: sessionId, whose: { userId }, reason: 'ended_by_admin' } as const;
    await commands(this.api).execute(new EndSession(contextIn(tenantId), end));
    const robot = await robotOf(this.api, tenantId, this.permissions);
    await commands(this.api).execute(new DisableServiceAccount(contextIn(tenantId), { id: robot.id }));
    return [bearer('revoked key', key), caller, robot.caller];
  }

  /** A service account of a tenant that may do everything, with an access token for less. */
  async robot(tenantId: string, scope: string): Promise<Caller> {
    return (await robotOf(this.api, tenantId, this.permissions, scope)).caller;
  }

  /** What has ever happened in the victim's tenant, to see that nothing was added to it. */
  history(): Promise<unknown> {
    return this.api.db.admin(
      'select type, count(*)::int as events from acci.events where tenant_id = $1 group by type order by type',
      [this.victim.id],
    );
  }
}

async function tenantOf(
  api: ApiUnderTest,
  permissions: readonly string[],
  name: string,
  parentId?: string,
): Promise<TenantWithAdmin> {
  const [id = ''] = await createTenants(api.app, 1, { name: `The ${name}`, parentId });
  const admin = await keyOf(api, id, withWildcards(permissions), `${name}'s admin`);
  return { id, admin, owner: await personOf(api, id, ['owner']) };
}

/** With everything that stands for several of them, which only who holds that can give away. */
function withWildcards(permissions: readonly string[]): string[] {
  const wildcards = permissions.flatMap((name) =>
    [...name.matchAll(/\./g)].map(({ index }) => `${name.slice(0, index)}.*`),
  );
  return [...new Set([...permissions, ...wildcards])];
}

async function keyOf(
  api: ApiUnderTest,
  tenantId: string,
  permissions: readonly string[],
  name: string,
): Promise<Caller> {
  const { key } = await issueKey(api.app, { tenantId, permissions, name });
  return bearer(name, key);
}

async function personOf(api: ApiUnderTest, tenantId: string, roles: readonly string[]): Promise<Person> {
  const ctx = contextIn(tenantId);
  const bus = commands(api);
  const email = `p-${uuidv7()}@example.com`;
  const { streamId: userId } = await bus.execute(new CreateUser(ctx, { email, emailVerified: true }));
  for (const roleId of roles) {
    const assignment = { principal: { type: 'user', id: userId }, roleId, has: true } as const;
    await bus.execute(new SetRole(ctx, { permissions: '*' }, assignment));
  }
  return login(api, tenantId, userId);
}

async function login(api: ApiUnderTest, tenantId: string, userId: string): Promise<Person> {
  const client = { device: null, address: null };
  const { token, session } = await commands(api).execute(
    new LogIn(contextIn(tenantId), { userId, amr: ['pwd'], client }),
  );
  return { userId, sessionId: session.id, caller: bearer('session', token) };
}

async function robotOf(
  api: ApiUnderTest,
  tenantId: string,
  permissions: readonly string[],
  scope?: string,
): Promise<{ id: string; caller: Caller }> {
  const ctx = contextIn(tenantId);
  const everything = { permissions: '*' } as const;
  const terms = { name: uuidv7(), description: null, permissions };
  const { streamId: id } = await commands(api).execute(new CreateServiceAccount(ctx, everything, terms));
  const add = new AddClientSecret(ctx, everything, { id, name: 'A secret' });
  const { clientSecret } = await commands(api).execute(add);
  const answer = await fetch(`${api.url}/v1/auth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) }),
    headers: { authorization: `Basic ${btoa(`${id}.${tenantId}:${clientSecret}`)}` },
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return { id, caller: bearer('access token', token) };
}

function bearer(name: string, token: string): Caller {
  return { name, headers: { authorization: `Bearer ${token}` } };
}

function contextIn(tenantId: string): Context {
  return { tenantId, actor: 'test', correlationId: uuidv7() };
}

function commands(api: ApiUnderTest): CommandBus {
  return api.app.get(CommandBus, { strict: false });
}
