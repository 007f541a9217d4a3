import { Database, prepared, type Transaction, uuidv7 } from '@acci/database';
import { type Context, EventStore } from '@acci/event-store';
import { Injectable } from '@nestjs/common';
import { loadUser } from '../load-user.js';
import type { User } from '../user.aggregate.js';
import { UserNotFound } from '../user.errors.js';
import { IdentityLinkExists } from './identity-link.errors.js';

/** A user of some tenant. */
export interface TenantUser {
  readonly tenantId: string;
  readonly userId: string;
}

/** A link as one of its two sides sees it. */
export interface IdentityLink {
  readonly id: string;
  readonly otherTenantId: string;
  readonly otherUserId: string;
  readonly linkedAt: Date;
}

/** The other end of a link that ends: it has said so, and is not saved yet. */
export interface UnlinkedSide {
  readonly there: Context;
  readonly user: User;
}

/**
 * The context of what happens on the other side: there the person is who they are there. Neither tenant's events have
 * anything by which they could be joined with those of the other one.
 */
export function onBehalfOf({ tenantId, userId }: TenantUser): Context {
  return { tenantId, actor: `user:${userId}`, correlationId: uuidv7() };
}

// Both sides in one order, so that two who link the same users at the same time take turns.
const insert = prepared(`
  insert into acci.identity_links (tenant_id, user_id, other_tenant_id, other_user_id, id)
  select * from (values ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::uuid), ($3, $4, $1, $2, $5)) as side
   order by 1
  on conflict do nothing
  returning id`);
const other = `(other_tenant_id, other_user_id, tenant_id, user_id) in (
    select tenant_id, user_id, other_tenant_id, other_user_id from acci.identity_links
     where tenant_id = $1::uuid and user_id = $2::uuid`;
const remove = prepared(`
  delete from acci.identity_links where id = $3::uuid and ((tenant_id = $1::uuid and user_id = $2::uuid) or ${other}))`);
const removeAll = prepared(`
  delete from acci.identity_links where (tenant_id = $1::uuid and user_id = $2::uuid) or ${other})`);
// A user who was forgotten, and a tenant that was purged, may have left the other side behind: it links nobody any more.
const select = prepared(`
  select id, other_tenant_id as "otherTenantId", other_user_id as "otherUserId", linked_at as "linkedAt"
    from acci.identity_links as link
   where tenant_id = $1::uuid and user_id = $2::uuid
     and exists (select from acci.users
                  where tenant_id = link.other_tenant_id and id = link.other_user_id)
   order by linked_at, id`);

/**
 * Which users of different tenants are one person. Only the person is ever told: a link gives nobody any right, least of
 * all to log in elsewhere. It is read and written across tenants, and nowhere but here.
 */
@Injectable()
export class IdentityLinks {
  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
  ) {}

  /** The links of a user, oldest first. */
  async of({ tenantId, userId }: TenantUser): Promise<IdentityLink[]> {
    const reason = 'read which users are the same person';
    return this.database.queryAsSystem<IdentityLink & Record<string, unknown>>(reason, select, [
      tenantId,
      userId,
    ]);
  }

  /** @throws {IdentityLinkExists} */
  async add(system: Transaction, linkId: string, one: TenantUser, another: TenantUser): Promise<void> {
    const sides = [one.tenantId, one.userId, another.tenantId, another.userId];
    const rows = await system.query(insert, [...sides, linkId]);
    if (rows.length < 2) throw new IdentityLinkExists();
  }

  /**
   * The users at the other ends of a user's links, or of one of them, unlinked. Read before the transaction in which
   * {@link saveUnlinked} saves them: see `retryingConflicts`.
   */
  async otherSidesOf(user: TenantUser, linkId?: string): Promise<UnlinkedSide[]> {
    const links = (await this.of(user)).filter(({ id }) => linkId === undefined || id === linkId);
    const sides = await Promise.all(links.map((link) => this.unlink(link)));
    return sides.filter((side) => side !== undefined);
  }

  /** Saves what {@link otherSidesOf} found, in a transaction over the tenants. @throws {StreamConflict} */
  async saveUnlinked(sides: readonly UnlinkedSide[]): Promise<void> {
    for (const { there, user } of sides)
      await this.database.inTenant(there.tenantId, () => this.store.save(there, user));
  }

  /** Takes a link of a user away, on both sides. */
  remove(system: Transaction, linkId: string, { tenantId, userId }: TenantUser): void {
    system.execute(remove, [tenantId, userId, linkId]);
  }

  /** Takes all links of a user away, on both sides. */
  removeAllOf(system: Transaction, { tenantId, userId }: TenantUser): void {
    system.execute(removeAll, [tenantId, userId]);
  }

  /** Undefined if the other one was deleted in this moment. */
  private async unlink({ id, otherTenantId, otherUserId }: IdentityLink): Promise<UnlinkedSide | undefined> {
    const there = onBehalfOf({ tenantId: otherTenantId, userId: otherUserId });
    try {
      const user = await loadUser(this.store, there, otherUserId);
      user.unlinkIdentity(id);
      return { there, user };
    } catch (error) {
      if (error instanceof UserNotFound) return undefined;
      throw error;
    }
  }
}
