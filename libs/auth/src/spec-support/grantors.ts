import { Database } from '@acci/database';
import { createTenants } from '@acci/tenancy/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';
import {
  ChangeUserProfile,
  CreateGroup,
  CreateRole,
  type Grantor,
  Grants,
  grantsOfUser,
  type Principal,
  type RoleTerms,
  SetGroupMember,
  SetRole,
  type StoredGrant,
} from '../index.js';
import { aUser, contextIn } from './log-in.js';

/** A program, which asks nobody. */
export const program: Grantor = { permissions: '*' };

/** The roles of a tenant, and who has them. */
export class Grantors {
  private count = 0;

  constructor(
    readonly app: INestApplicationContext,
    readonly tenantId: string,
  ) {}

  /** A new tenant, below another one or below none. */
  static async start(app: INestApplicationContext, parentId?: string): Promise<Grantors> {
    const [tenantId = ''] = await createTenants(app, 1, parentId === undefined ? {} : { parentId });
    return new Grantors(app, tenantId);
  }

  execute<R>(command: Command<R>): Promise<R> {
    return this.app.get(CommandBus, { strict: false }).execute(command);
  }

  set(principal: Principal, roleId: string, has: boolean, by: Grantor = program) {
    return this.execute(new SetRole(contextIn(this.tenantId), by, { principal, roleId, has }));
  }

  setUser(id: string, roleId: string, has: boolean, by?: Grantor) {
    return this.set({ type: 'user', id }, roleId, has, by);
  }

  async role(terms: Partial<RoleTerms>, by: Grantor = program): Promise<string> {
    const name = `Role ${(this.count += 1)}`;
    const role = { name, description: null, permissions: [], condition: null, ...terms };
    return (await this.execute(new CreateRole(contextIn(this.tenantId), by, role))).streamId;
  }

  async group(roleIds: readonly string[] = [], memberIds: readonly string[] = []): Promise<string> {
    const name = `Group ${(this.count += 1)}`;
    const ctx = contextIn(this.tenantId);
    const { streamId: id } = await this.execute(new CreateGroup(ctx, { name, description: null }));
    for (const roleId of roleIds) await this.set({ type: 'group', id }, roleId, true);
    for (const userId of memberIds) await this.setMember(id, userId, true);
    return id;
  }

  setMember(groupId: string, userId: string, isMember: boolean, by: Grantor = program) {
    return this.execute(new SetGroupMember(contextIn(this.tenantId), by, { groupId, userId, isMember }));
  }

  /** A user with built-in roles, or with others. */
  async user(...roleIds: readonly string[]): Promise<string> {
    const id = await aUser(this.app, this.tenantId);
    for (const roleId of roleIds) await this.setUser(id, roleId, true);
    return id;
  }

  /** A user in a department. */
  async userOf(department: string, ...roleIds: readonly string[]): Promise<string> {
    const id = await this.user(...roleIds);
    await this.execute(new ChangeUserProfile(contextIn(this.tenantId), { id, profile: { department } }));
    return id;
  }

  /** Who a user is at this moment, as whoever lets them in finds out. */
  async as(id: string): Promise<Grantor> {
    const { tenantId } = this;
    const [row] = await this.app
      .get(Database, { strict: false })
      .queryInTenant<{ grants: StoredGrant[] | null; department: string | null }>(
        tenantId,
        `select ${grantsOfUser('$1::uuid', 'u.id')} as grants, u.department
           from acci.users u where u.tenant_id = $1::uuid and u.id = $2::uuid`,
        [tenantId, id],
      );
    const user = { id, department: row?.department ?? null };
    const granted = this.app.get(Grants, { strict: false }).from(row?.grants ?? null, tenantId, user);
    return { ...granted, tenantId, subject: { type: 'user', id } };
  }

  /** A user who may do this, as {@link as} finds them. */
  async holding(...permissions: readonly string[]): Promise<Grantor> {
    return this.as(await this.user(await this.role({ permissions })));
  }
}
