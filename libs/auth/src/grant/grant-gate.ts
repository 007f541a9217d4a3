import { Database, prepared, type Transaction } from '@acci/database';
import { type Context, StreamConflict } from '@acci/event-store';
import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/authenticator.js';
import { ImpersonationRefused } from '../access/refused-to-impersonators.js';
import { PermissionCatalogue } from '../permissions/permission-catalogue.js';
import { isBuiltIn, memberRoleId } from '../role/built-in-roles.js';
import { RoleNotFound } from '../role/role.errors.js';
import { withEverybodys } from './everybody.js';
import { type Condition, conditionFor } from './condition.js';
import { assertGrantable, type Granted, Grants, type RoleTerms } from './grants.js';
import {
  grantsOfGroup,
  grantsOfGuest,
  grantsOfPrincipal,
  grantsOfUser,
  grantsWithOwn,
  type StoredGrant,
} from './stored-grants.js';

/** Who changes what somebody may do, or their account. {@link program} for a program that asks nobody. */
export type Grantor = Granted &
  Partial<Pick<Identity, 'tenantId' | 'homeTenantId' | 'subject' | 'owner' | 'impersonator'>>;

/** A program that asks nobody, such as a seed. */
export const program: Grantor = { permissions: '*' };

// Two keys of 32 bits: a space of locks apart from those with one key of 64. The first spells "gran".
const lockClass = 0x6772616e;
const lock = prepared(`select pg_advisory_xact_lock(${lockClass}, hashtext($1))`);

const selectRole = prepared(`
  select id as "roleId", permissions, condition from acci.roles where tenant_id = $1::uuid and id = $2`);
const selectGroup = prepared(`select ${grantsOfGroup('$1::uuid', '$2::uuid')} as grants`);
const selectGuest = prepared(
  `select '{}'::text[] as permissions, ${grantsOfGuest('$1::uuid', '$3::uuid', '$2::uuid')} as grants, null as department`,
);
// No row for whom a request would not be let in any more.
const selectGrantor = {
  user: prepared(`
    select '{}'::text[] as permissions, ${grantsOfUser('u.tenant_id', 'u.id')} as grants, u.department
      from acci.users u
     where u.tenant_id = $1::uuid and u.id = $2::uuid and u.status = 'active' and u.locked_at is null`),
  api_key: prepared(`
    select s.permissions, ${grantsOfPrincipal('api_key', 's.tenant_id', 's.key_id')} as grants, null as department
      from acci.api_key_secrets s
     where s.tenant_id = $1::uuid and s.key_id = $2::uuid and s.secret_hash is not null`),
  service_account: prepared(`
    select sa.permissions, ${grantsOfPrincipal('service_account', 'sa.tenant_id', 'sa.id')} as grants, null as department
      from acci.service_accounts sa
     where sa.tenant_id = $1::uuid and sa.id = $2::uuid and sa.disabled_at is null`),
};
const selectUser = prepared(`
  select ${grantsOfUser('$1::uuid', '$2::uuid')} as grants,
         (select department from acci.users where tenant_id = $1::uuid and id = $2::uuid) as department`);

type GrantorRow = UserGrants & { readonly permissions: readonly string[] };

type UserGrants = { readonly grants: StoredGrant[] | null; readonly department: string | null };

const attempts = 5;

/** What a change of grants can ask, as it stands and stays until the change is committed. */
export class GrantCheck {
  constructor(
    readonly tx: Transaction,
    private readonly tenantId: string,
    private readonly grants: Grants,
    private readonly catalogue: PermissionCatalogue,
    /** The grantor as they were let in, and as they are now: a grant must be held by both. */
    private readonly grantors: readonly Grantor[],
  ) {}

  /** @throws {PermissionNotHeld} {@link ImpersonationRefused} for an operator who acts here, and gives nothing away. */
  assertTerms(terms: RoleTerms): void {
    if (this.grantors.some(({ impersonator }) => impersonator)) throw new ImpersonationRefused();
    this.assertHeld(terms);
  }

  /**
   * What somebody has already, and loses or is touched with. Permissions that no route asks for any more do not count:
   * nobody holds them, and whoever has them must not keep them for good.
   *
   * @throws {PermissionNotHeld}
   */
  assertHad({ permissions, condition }: RoleTerms): void {
    this.assertHeld({ permissions: permissions.filter((name) => this.catalogue.knows(name)), condition });
  }

  /**
   * All that a role gives.
   *
   * @param has true if somebody is to get it, false if they are to lose it.
   * @throws {RoleNotFound} {@link PermissionNotHeld}
   */
  async assertRole(roleId: string, has = true): Promise<void> {
    const [stored] = isBuiltIn(roleId)
      ? [{ roleId, permissions: null, condition: null }]
      : await this.tx.query<StoredGrant & Record<string, unknown>>(selectRole, [this.tenantId, roleId]);
    const terms = stored && this.grants.termsOf(stored, this.tenantId);
    // A role of a tenant's own that gives nothing is there all the same: whoever has it can be rid of it.
    if (!terms || (isBuiltIn(roleId) && terms.permissions.length === 0)) throw new RoleNotFound(roleId);
    if (has) this.assertTerms(terms);
    else this.assertHad(terms);
  }

  /** All that a group gives to its members; `has` as above. @throws {PermissionNotHeld} */
  async assertGroup(groupId: string, has = true): Promise<void> {
    const [row] = await this.tx.query<{ grants: StoredGrant[] | null }>(selectGroup, [
      this.tenantId,
      groupId,
    ]);
    for (const stored of row?.grants ?? []) {
      const terms = this.grants.termsOf(stored, this.tenantId);
      if (has) this.assertTerms(terms);
      else this.assertHad(terms);
    }
  }

  /**
   * All that a user may do, but for what every member may: nobody locks, changes or deletes an account that may do
   * more than they, or they would choose who is above them.
   *
   * @throws {PermissionNotHeld}
   */
  async assertUser(userId: string): Promise<void> {
    const [row] = await this.tx.query<UserGrants>(selectUser, [this.tenantId, userId]);
    const user = { id: userId, department: row?.department ?? null };
    for (const stored of row?.grants ?? []) {
      if (stored.roleId === memberRoleId) continue;
      const { permissions, condition } = this.grants.termsOf(stored, this.tenantId);
      const theirs = condition && conditionFor(condition, user);
      // Under a condition that compares with what they lack, they may do nothing.
      if (theirs !== undefined) this.assertHad({ permissions, condition: theirs });
    }
  }

  /** What a user's roles give by a test of one of the user's attributes. @throws {PermissionNotHeld} */
  async assertAttribute(userId: string, attribute: 'department', value: string): Promise<void> {
    const [row] = await this.tx.query<UserGrants>(selectUser, [this.tenantId, userId]);
    if (row?.[attribute] === value) return;
    for (const stored of row?.grants ?? []) {
      const { permissions, condition } = this.grants.termsOf(stored, this.tenantId);
      const asked = Object.entries(condition ?? {});
      if (!asked.some(([, test]) => 'user' in test && test.user === attribute)) continue;
      const then = asked.map(([name, test]) =>
        'user' in test && test.user === attribute ? [name, { equals: value }] : [name, test],
      );
      this.assertTerms({ permissions, condition: Object.fromEntries(then) as Condition });
    }
  }

  private assertHeld(terms: RoleTerms): void {
    for (const grantor of this.grantors) assertGrantable(grantor, terms);
  }
}

/**
 * The way of every change to what somebody may do. Those of a tenant come one after the other, and the grantor is
 * asked anew: nobody gives by two changes at once what no order of them allows.
 *
 * @example
 * await gate.change(ctx, caller, async (check) => {
 *   await check.assertRole(roleId);
 *   return store.update(ctx, User, id, (user) => user.assignRole(roleId));
 * });
 */
@Injectable()
export class GrantGate {
  constructor(
    private readonly database: Database,
    private readonly grants: Grants,
    private readonly catalogue: PermissionCatalogue,
  ) {}

  /** Does the work in one transaction; anew, if somebody else changed the same stream meanwhile. */
  async change<T>(ctx: Context, grantor: Grantor, work: (check: GrantCheck) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.database.inTenant(ctx.tenantId, async (tx) => {
          tx.execute(lock, [ctx.tenantId]);
          const now = await this.asTheyAre(tx, ctx.tenantId, grantor);
          return work(new GrantCheck(tx, ctx.tenantId, this.grants, this.catalogue, [grantor, ...now]));
        });
      } catch (error) {
        if (!(error instanceof StreamConflict) || attempt === attempts || this.database.current) throw error;
      }
    }
  }

  /**
   * What whoever asks holds now, and so does whose key it is: nothing, once they are kept out. Empty for whose
   * permissions do not come from this tenant.
   */
  private async asTheyAre(tx: Transaction, tenantId: string, grantor: Grantor): Promise<Granted[]> {
    const { subject, owner, impersonator, homeTenantId } = grantor;
    if (impersonator || grantor.tenantId !== tenantId) return [];
    const now: Granted[] = [];
    for (const principal of [subject, owner]) {
      if (!principal) continue;
      const { type, id } = principal;
      const [row] = await (homeTenantId === undefined
        ? tx.query<GrantorRow>(selectGrantor[type], [tenantId, id])
        : tx.query<GrantorRow>(selectGuest, [tenantId, id, homeTenantId]));
      const user = type === 'user' ? { id, department: row?.department ?? null } : undefined;
      const stored = row && grantsWithOwn(row.permissions, row.grants);
      const { permissions, conditional } = this.grants.from(stored ?? null, tenantId, user);
      now.push({ permissions: row ? withEverybodys(permissions) : permissions, conditional });
    }
    return now;
  }
}
