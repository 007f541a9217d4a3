import {
  ChangeUserProfile,
  CreateGroup,
  CreateRole,
  CreateUser,
  LockUser,
  LogIn,
  mayLogIn,
  Passwords,
  SetGroupMember,
  SetRole,
  UnlockUser,
  UserAccounts,
} from '@acci/auth';
import { Database, uuidv7 } from '@acci/database';
import type { AppendResult, Context } from '@acci/event-store';
import {
  ChangeTenant,
  CreateTenant,
  PLATFORM_TENANT_ID,
  ReactivateTenant,
  SuspendTenant,
  TenantLookup,
} from '@acci/tenancy';
import type { Abstract, INestApplicationContext } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';

/** The password of everybody in the demo. It is no secret: the demo is not for production. */
export const demoPassword = 'just a demo, nothing more';

/** Somebody of the demo. */
interface DemoPerson {
  readonly email: string;
  readonly displayName: string;
  readonly department?: string;
  /** One that is built in. */
  readonly role?: string;
}

interface DemoTenant {
  readonly slug: string;
  readonly name: string;
  /** The slug of one that comes before. */
  readonly parent?: string;
  /** Who is made last: once they are there, so is everything else. */
  readonly owner: DemoPerson;
  readonly people: readonly DemoPerson[];
}

/** What somebody logs in with. */
export interface DemoLogin {
  readonly tenant: string;
  readonly email: string;
  readonly role: string;
  /** Of a session that begins now, for Swagger UI's Authorize. */
  readonly token: string;
}

const tenants: readonly DemoTenant[] = [
  {
    slug: 'acme',
    name: 'Acme Ltd',
    owner: { email: 'ada@acme.example', displayName: 'Ada Lovelace', role: 'owner' },
    people: [
      { email: 'alan@acme.example', displayName: 'Alan Turing', role: 'admin' },
      { email: 'grace@acme.example', displayName: 'Grace Hopper', department: 'Engines', role: 'member' },
      { email: 'audrey@acme.example', displayName: 'Audrey Tang', role: 'auditor' },
    ],
  },
  {
    slug: 'acme-labs',
    name: 'Acme Labs',
    parent: 'acme',
    owner: { email: 'lise@labs.acme.example', displayName: 'Lise Meitner', role: 'owner' },
    people: [{ email: 'otto@labs.acme.example', displayName: 'Otto Frisch', role: 'member' }],
  },
  {
    slug: 'globex',
    name: 'Globex',
    owner: { email: 'hedy@globex.example', displayName: 'Hedy Lamarr', role: 'owner' },
    people: [{ email: 'george@globex.example', displayName: 'George Antheil', role: 'member' }],
  },
];

/**
 * Makes the demo, by the commands that requests come to as well: three tenants with users, roles, a group, and
 * something that has happened. What is there already stays as it is.
 *
 * @param app one with routes, initialized: roles are made of what routes ask for.
 * @returns what to log in with, for those who still can.
 * @example
 * for (const { tenant, email } of await seedDemo(app)) console.log(tenant, email);
 */
export async function seedDemo(app: INestApplicationContext): Promise<DemoLogin[]> {
  const demo = new Demo(app);
  const logins: DemoLogin[] = [];
  for (const tenant of tenants) logins.push(...(await demo.tenant(tenant)));
  return logins;
}

/** A program grants what it is told to. */
const grantor = { permissions: '*' } as const;

class Demo {
  private readonly bus: CommandBus;
  private readonly database: Database;
  private readonly passwords: Passwords;
  private readonly accounts: UserAccounts;
  private readonly lookup: TenantLookup;
  /** Of those that were seen or made, by slug: what the lookup knows may be a second old. */
  private readonly ids = new Map<string, string>();

  constructor(app: INestApplicationContext) {
    const get = <T>(type: Abstract<T>): T => app.get<T>(type, { strict: false });
    this.bus = get(CommandBus);
    this.database = get(Database);
    this.passwords = get(Passwords);
    this.accounts = get(UserAccounts);
    this.lookup = get(TenantLookup);
  }

  async tenant(tenant: DemoTenant): Promise<DemoLogin[]> {
    const tenantId = (await this.lookup.bySlug(tenant.slug))?.id ?? (await this.create(tenant));
    this.ids.set(tenant.slug, tenantId);
    const everybody = [tenant.owner, ...tenant.people];
    if (!(await this.accounts.findByLogin(tenantId, tenant.owner.email))) {
      const [first = ''] = await this.all(tenant.people, (person) => this.person(tenantId, person));
      await this.life(tenantId, tenant, first);
      await this.person(tenantId, tenant.owner);
    }
    const logins = await this.all(everybody, (person) => this.logIn(tenantId, tenant.slug, person));
    return logins.filter((login) => login !== undefined);
  }

  private async create({ slug, name, parent }: DemoTenant): Promise<string> {
    const parentId = parent && this.ids.get(parent);
    const input = { slug, name, ...(parentId && { parentId }) };
    const { streamId } = await this.do(
      PLATFORM_TENANT_ID,
      `tenant:${slug}`,
      (ctx) => new CreateTenant(ctx, input),
    );
    return streamId;
  }

  /** Makes somebody who can log in, all of it or nothing; gives their id. */
  private person(tenantId: string, { email, displayName, department, role }: DemoPerson): Promise<string> {
    return this.database.inTenant(tenantId, async (tx) => {
      const known = await this.accounts.findByLogin(tenantId, email);
      if (known) return known.id;
      const input = { email, displayName, department, emailVerified: true };
      const { streamId: id } = await this.do(tenantId, `user:${email}`, (ctx) => new CreateUser(ctx, input));
      if (role !== undefined) await this.assign(tenantId, { type: 'user', id }, role);
      await this.passwords.set(tx, tenantId, id, demoPassword);
      return id;
    });
  }

  /** Something that has happened: so that there are events to look at. */
  private async life(tenantId: string, { slug, name }: DemoTenant, userId: string): Promise<void> {
    const role = { name: 'Key keeper', description: 'Makes and revokes API keys.', condition: null };
    const permissions = ['auth.api_keys.create', 'auth.api_keys.read', 'auth.api_keys.revoke'];
    const { streamId: roleId } = await this.do(
      tenantId,
      'role',
      (ctx) => new CreateRole(ctx, grantor, { ...role, permissions }),
    );
    const { streamId: groupId } = await this.do(
      tenantId,
      'group',
      (ctx) => new CreateGroup(ctx, { name: 'Operations', description: 'Who keeps the keys.' }),
    );
    await this.assign(tenantId, { type: 'group', id: groupId }, roleId);
    const member = { groupId, userId, isMember: true };
    await this.do(tenantId, 'member', (ctx) => new SetGroupMember(ctx, grantor, member));

    const moved = { id: userId, profile: { department: 'Operations' } };
    await this.do(tenantId, 'moved', (ctx) => new ChangeUserProfile(ctx, moved));
    await this.do(tenantId, 'locked', (ctx) => new LockUser(ctx, { id: userId, reason: 'A lost laptop' }));
    await this.do(tenantId, 'unlocked', (ctx) => new UnlockUser(ctx, { id: userId }));

    const platform = PLATFORM_TENANT_ID;
    const renamed = { id: tenantId, name: `${name} (demo)` };
    await this.do(platform, `renamed:${slug}`, (ctx) => new ChangeTenant(ctx, renamed));
    const unpaid = { id: tenantId, reason: 'An invoice was not paid' };
    await this.do(platform, `suspended:${slug}`, (ctx) => new SuspendTenant(ctx, unpaid));
    await this.do(platform, `reactivated:${slug}`, (ctx) => new ReactivateTenant(ctx, { id: tenantId }));
  }

  private async assign(
    tenantId: string,
    principal: { readonly type: 'user' | 'group'; readonly id: string },
    roleId: string,
  ): Promise<void> {
    const input = { principal, roleId, has: true };
    await this.do(tenantId, `role:${principal.id}`, (ctx) => new SetRole(ctx, grantor, input));
  }

  /** Nothing for who was locked, deleted or called otherwise since: that is what a demo is for. */
  private async logIn(
    tenantId: string,
    tenant: string,
    { email, role = '' }: DemoPerson,
  ): Promise<DemoLogin | undefined> {
    const account = await this.accounts.findByLogin(tenantId, email);
    if (!account || !mayLogIn(account)) return undefined;
    const client = { device: 'npm run seed', address: null };
    const input = { userId: account.id, amr: ['pwd'], client };
    const { token } = await this.bus.execute(new LogIn(contextIn(tenantId), input));
    return { tenant, email, role, token };
  }

  /** Under an id of its own: a run that was cut short does not begin anew with what it had done. */
  private do(
    tenantId: string,
    step: string,
    command: (ctx: Context) => Command<AppendResult>,
  ): Promise<AppendResult> {
    return this.bus.execute(command({ ...contextIn(tenantId), commandId: `seed:${step}` }));
  }

  private async all<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
    const results: R[] = [];
    for (const item of items) results.push(await work(item));
    return results;
  }
}

function contextIn(tenantId: string): Context {
  return { tenantId, actor: 'system:seed', correlationId: uuidv7() };
}
