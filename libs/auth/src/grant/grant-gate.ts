import { Database, prepared, type Transaction } from '@acci/database';
import { type Context, StreamConflict } from '@acci/event-store';
import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/authenticator.js';
import { isBuiltIn } from '../role/built-in-roles.js';
import { RoleNotFound } from '../role/role.errors.js';
import { withEverybodys } from './everybody.js';
import type { Condition } from './condition.js';
import { assertGrantable, type Granted, Grants, type RoleTerms } from './grants.js';
import { grantsOfGroup, grantsOfGuest, grantsOfUser, type StoredGrant } from './stored-grants.js';

/** Who changes what somebody may do. A program that asks nobody gives `{ permissions: '*' }`. */
export type Grantor = Granted &
  Partial<Pick<Identity, 'tenantId' | 'homeTenantId' | 'subject' | 'impersonator'>>;

// Two keys of 32 bits: a space of locks apart from those with one key of 64. The first spells "gran".
const lockClass = 0x6772616e;
const lock = prepared(`select pg_advisory_xact_lock(${lockClass}, hashtext($1))`);

const selectRole = prepared(`
  select id as "roleId", permissions, condition from acci.roles where tenant_id = $1::uuid and id = $2`);
const selectGroup = prepared(`select ${grantsOfGroup('$1::uuid', '$2::uuid')} as grants`);
const selectGuest = prepared(
  `select ${grantsOfGuest('$1::uuid', '$3::uuid', '$2::uuid')} as grants, null as department`,
);
const selectUser = prepared(`
  select ${grantsOfUser('$1::uuid', '$2::uuid')} as grants,
         (select department from acci.users where tenant_id = $1::uuid and id = $2::uuid) as department`);

type UserGrants = { readonly grants: StoredGrant[] | null; readonly department: string | null };

const attempts = 5;

/** What a change of grants can ask, as it stands and stays until the change is committed. */
export class GrantCheck {
  constructor(
    readonly tx: Transaction,
    private readonly tenantId: string,
    private readonly grants: Grants,
    /** The grantor as they were let in, and as they are now: a grant must be held by both. */
    private readonly grantors: readonly Granted[],
  ) {}

  /** @throws {PermissionNotHeld} */
  assertTerms(terms: RoleTerms): void {
    for (const grantor of this.grantors) assertGrantable(grantor, terms);
  }

  /** @throws {RoleNotFound} {@link PermissionNotHeld} */
  async assertRole(roleId: string): Promise<void> {
    const [stored] = isBuiltIn(roleId)
      ? [{ roleId, permissions: null, condition: null }]
      : await this.tx.query<StoredGrant & Record<string, unknown>>(selectRole, [this.tenantId, roleId]);
    const terms = stored && this.grants.termsOf(stored, this.tenantId);
    if (!terms || terms.permissions.length === 0) throw new RoleNotFound(roleId);
    this.assertTerms(terms);
  }

  /** Everything that a group gives to its members. @throws {PermissionNotHeld} */
  async assertGroup(groupId: string): Promise<void> {
    const [row] = await this.tx.query<{ grants: StoredGrant[] | null }>(selectGroup, [
      this.tenantId,
      groupId,
    ]);
    for (const stored of row?.grants ?? []) this.assertTerms(this.grants.termsOf(stored, this.tenantId));
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
  ) {}

  /** Does the work in one transaction; anew, if somebody else changed the same stream meanwhile. */
  async change<T>(ctx: Context, grantor: Grantor, work: (check: GrantCheck) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.database.inTenant(ctx.tenantId, async (tx) => {
          tx.execute(lock, [ctx.tenantId]);
          const now = await this.asTheyAre(tx, ctx.tenantId, grantor);
          return work(new GrantCheck(tx, ctx.tenantId, this.grants, now ? [grantor, now] : [grantor]));
        });
      } catch (error) {
        if (!(error instanceof StreamConflict) || attempt === attempts || this.database.current) throw error;
      }
    }
  }

  /** What a user's roles give now; undefined for whose permissions do not come from roles in this tenant. */
  private async asTheyAre(tx: Transaction, tenantId: string, grantor: Grantor): Promise<Granted | undefined> {
    const { subject, impersonator } = grantor;
    if (subject?.type !== 'user' || impersonator || grantor.tenantId !== tenantId) return undefined;
    const { id } = subject;
    const home = grantor.homeTenantId;
    const [row] = await tx.query<UserGrants>(
      home === undefined ? selectUser : selectGuest,
      home === undefined ? [tenantId, id] : [tenantId, id, home],
    );
    const user = { id, department: row?.department ?? null };
    const { permissions, conditional } = this.grants.from(row?.grants ?? null, tenantId, user);
    return { permissions: withEverybodys(permissions), conditional };
  }
}
