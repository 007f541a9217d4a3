import { sign, generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  AddClientSecret,
  AddPublicKey,
  CreateServiceAccount,
  CreateUser,
  DeactivateUser,
  DeleteServiceAccount,
  DeleteUser,
  DisableServiceAccount,
  InviteUser,
  LockUser,
  LogIn,
  type OneTimeGrant,
  OneTimeTokens,
  Passwords,
  SetRole,
} from '@acci/auth';
import { Database, uuidv7 } from '@acci/database';
import type { Context } from '@acci/event-store';
import { ScheduleTenantDeletion, SuspendTenant, TenantLookup } from '@acci/tenancy';
import { createTenants, platformContext } from '@acci/tenancy/testing';
import { CommandBus } from '@nestjs/cqrs';
import type { ApiUnderTest } from '../setup/api-under-test.js';

/** What may have become of somebody, or of their tenant. */
export type State = 'locked' | 'deactivated' | 'deleted' | 'disabled' | 'removed' | 'suspended' | 'scheduled';

/** A user or a service account, and where it is. */
export interface Somebody {
  readonly tenantId: string;
  readonly id: string;
}

/** What everybody has here. */
export const password = 'nine plum trees in a row';
const everything = { permissions: '*' } as const;
const audience = 'https://api.example.com/v1/auth/token';

/** Makes those who ask for tokens, lets things become of them, and looks at what is stored. */
export class House {
  private asked = 0;

  constructor(private readonly api: ApiUnderTest) {}

  /** What the API must be started with. */
  static readonly environment = {
    ACCI_TRUSTED_PROXIES: '127.0.0.1',
    ACCI_PUBLIC_URL: new URL(audience).origin,
  };

  get commands(): CommandBus {
    return this.api.app.get(CommandBus, { strict: false });
  }

  private get database(): Database {
    return this.api.app.get(Database, { strict: false });
  }

  async tenant(): Promise<string> {
    const [id = ''] = await createTenants(this.api.app, 1, { settings: { selfRegistration: true } });
    return id;
  }

  /** As logins name it. */
  async slugOf(tenantId: string): Promise<string> {
    return (await this.api.app.get(TenantLookup, { strict: false }).byId(tenantId))?.slug ?? '';
  }

  /** An active user with a role. */
  async user(tenantId: string, roleId = 'admin'): Promise<Somebody & { email: string }> {
    const ctx = contextIn(tenantId);
    const email = `${uuidv7()}@example.com`;
    const { streamId: id } = await this.commands.execute(new CreateUser(ctx, { email, emailVerified: true }));
    const principal = { type: 'user', id } as const;
    await this.commands.execute(new SetRole(ctx, everything, { principal, roleId, has: true }));
    return { tenantId, id, email };
  }

  /** An active user who has everybody's password. */
  async userWithPassword(tenantId: string): Promise<Somebody & { email: string }> {
    const user = await this.user(tenantId);
    const passwords = this.api.app.get(Passwords, { strict: false });
    const sealed = await passwords.seal(tenantId, user.id, password);
    await this.database.inTenant(tenantId, async (tx) => passwords.put(tx, sealed));
    return user;
  }

  async invited(tenantId: string): Promise<Somebody> {
    const invite = new InviteUser(contextIn(tenantId), { email: `${uuidv7()}@example.com` });
    return { tenantId, id: (await this.commands.execute(invite)).streamId };
  }

  /** The token of a new session. */
  async session({ tenantId, id: userId }: Somebody): Promise<string> {
    const client = { device: null, address: null };
    const logIn = new LogIn(contextIn(tenantId), { userId, amr: ['pwd'], client });
    return (await this.commands.execute(logIn)).token;
  }

  /** What a mail would bring. */
  link(to: Somebody, grant: Pick<OneTimeGrant, 'purpose' | 'data'>): Promise<string> {
    const wish = { tenantId: to.tenantId, userId: to.id, lifetimeMs: 60_000, ...grant };
    const tokens = this.api.app.get(OneTimeTokens, { strict: false });
    return this.database.inTenant(to.tenantId, async (tx) => tokens.issue(tx, wish));
  }

  async serviceAccount(tenantId: string, permissions: readonly string[] = []): Promise<Somebody> {
    const terms = { name: uuidv7(), description: null, permissions };
    const create = new CreateServiceAccount(contextIn(tenantId), everything, terms);
    return { tenantId, id: (await this.commands.execute(create)).streamId };
  }

  async secretOf({ tenantId, id }: Somebody): Promise<string> {
    const add = new AddClientSecret(contextIn(tenantId), everything, { id, name: 'A secret' });
    return (await this.commands.execute(add)).clientSecret ?? '';
  }

  /** An assertion that is signed with a new key of the account (RFC 7523). */
  async assertionOf({ tenantId, id }: Somebody): Promise<string> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' }) as AddPublicKey['input']['publicKey'];
    const key = { id, name: 'A key', publicKey: jwk };
    await this.commands.execute(new AddPublicKey(contextIn(tenantId), everything, key));
    const client = `${id}.${tenantId}`;
    const exp = Math.floor(Date.now() / 1_000) + 60;
    const claims = { iss: client, sub: client, aud: audience, exp, jti: randomUUID() };
    const text = [{ alg: 'ES256' }, claims].map((part) => base64url(JSON.stringify(part))).join('.');
    const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }

  /** Lets something become of somebody, or of the tenant that they are in. */
  async enter(state: State, { tenantId, id }: Somebody): Promise<void> {
    const ctx = contextIn(tenantId);
    const reason = 'A test';
    const command = {
      locked: new LockUser(ctx, { id, reason }),
      deactivated: new DeactivateUser(ctx, { id }),
      deleted: new DeleteUser(ctx, { id }),
      disabled: new DisableServiceAccount(ctx, { id }),
      removed: new DeleteServiceAccount(ctx, { id }),
      suspended: new SuspendTenant(platformContext(), { id: tenantId, reason }),
      scheduled: new ScheduleTenantDeletion(platformContext(), { id: tenantId, reason }),
    }[state];
    await this.commands.execute(command);
  }

  /** Asks from another address each time: one that is refused so often would be shut out. */
  ask(path: string, headers: Record<string, string>, body?: object | URLSearchParams): Promise<Response> {
    this.asked += 1;
    const [method = '', target = ''] = path.split(' ');
    const form = body instanceof URLSearchParams;
    return fetch(`${this.api.url}${target}`, {
      method,
      headers: {
        ...headers,
        ...(body && { 'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json' }),
        'x-forwarded-for': `10.1.${this.asked >> 8}.${this.asked & 255}`,
      },
      ...(body && { body: form ? body : JSON.stringify(body) }),
    });
  }

  /** All that opens anything, in whichever table, as hashes; but for the links of mails, which the mailer makes in its time. */
  async stored(): Promise<ReadonlySet<string>> {
    const columns = await this.api.db.admin<{ table: string; column: string }>(
      `select table_name as "table", column_name as "column" from information_schema.columns
        where table_schema = 'acci' and data_type = 'bytea' and column_name like '%hash'
          and table_name not in ('login_attempts', 'service_account_assertions')`,
    );
    const union = columns.map(({ table, column }) => {
      const mailed = table === 'one_time_tokens' ? `purpose <> 'identity_link'` : `false`;
      return `select '${table} ' || encode(${column}, 'hex') as one from acci.${table}
               where ${column} is not null and not (${mailed})`;
    });
    const rows = await this.api.db.admin<{ one: string }>(union.join(' union '));
    return new Set(rows.map(({ one }) => one));
  }
}

/** The header with a token. */
export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** The context of a program in a tenant. */
export function contextIn(tenantId: string): Context {
  return { tenantId, actor: 'system:test', correlationId: uuidv7() };
}

const base64url = (text: string): string => Buffer.from(text).toString('base64url');
