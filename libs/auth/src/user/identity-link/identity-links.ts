import { Database, prepared, type Transaction, uuidv7 } from '@acci/database';
import type { Context } from '@acci/event-store';
import { Injectable } from '@nestjs/common';
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
  constructor(private readonly database: Database) {}

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

  /** Takes a link of a user away, on both sides. */
  remove(system: Transaction, linkId: string, { tenantId, userId }: TenantUser): void {
    system.execute(remove, [tenantId, userId, linkId]);
  }

  /** Takes all links of a user away, on both sides. */
  removeAllOf(system: Transaction, { tenantId, userId }: TenantUser): void {
    system.execute(removeAll, [tenantId, userId]);
  }
}
