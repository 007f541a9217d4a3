import { prepared, type Transaction } from '@acci/database';
import { PLATFORM_TENANT_ID } from '../platform-tenant.js';
import type { ParentTenant } from './tenant.aggregate.js';
import { TenantParentNotFound } from './tenant.errors.js';

// Any constant will do: the letters "tree" as a number.
const lockKey = 0x74726565;
const lockShared = prepared(`select pg_advisory_xact_lock_shared(${lockKey})`);
const lockExclusively = prepared(`select pg_advisory_xact_lock(${lockKey})`);

// The bound ends the recursion even over a cycle, should one ever get into the table by hand.
const selectLineUp = prepared(`
  with recursive line as (
    select id, parent_id, status, 1 as step
      from acci.tenant_directory
     where tenant_id = $1::uuid and id = $2::uuid
     union all
    select above.id, above.parent_id, above.status, line.step + 1
      from line join acci.tenant_directory as above on above.tenant_id = $1::uuid and above.id = line.parent_id
     where line.step < 64)
  select id, status from line order by step`);

const selectHeight = prepared(`
  with recursive tree as (
    select id, 1 as level
      from acci.tenant_directory
     where tenant_id = $1::uuid and id = $2::uuid
     union all
    select below.id, tree.level + 1
      from tree join acci.tenant_directory as below on below.tenant_id = $1::uuid and below.parent_id = tree.id
     where tree.level < 64)
  select coalesce(max(level), 1) as height from tree`);

const selectHasChildren = prepared(`
  select exists (select from acci.tenant_directory
                  where tenant_id = $1::uuid and parent_id = $2::uuid
                    and ($3::boolean or status <> 'deletion_scheduled')) as has`);

/**
 * Keeps the hierarchy as it is until the transaction ends. What makes it deeper by one takes it shared, so that
 * tenants are made side by side; what moves or removes takes it alone. Two moves that would form a cycle only
 * together therefore come one after the other, and the second one sees the first. Queued: it costs no round trip.
 */
export function lockHierarchy(tx: Transaction, how: 'shared' | 'exclusive'): void {
  tx.execute(how === 'shared' ? lockShared : lockExclusively);
}

/**
 * The tenant that is to be a parent, with those above it.
 *
 * @throws {TenantParentNotFound}
 */
export async function readParent(tx: Transaction, id: string): Promise<ParentTenant> {
  const [parent, ...above] = await tx.query<{ id: string; status: string }>(selectLineUp, [
    PLATFORM_TENANT_ID,
    id,
  ]);
  if (!parent) throw new TenantParentNotFound();
  return {
    id: parent.id,
    awaitsDeletion: parent.status === 'deletion_scheduled',
    ancestors: above.map((tenant) => tenant.id),
  };
}

/** The levels of the tree under a tenant, itself included. */
export async function readHeight(tx: Transaction, id: string): Promise<number> {
  const [row] = await tx.query<{ height: number }>(selectHeight, [PLATFORM_TENANT_ID, id]);
  return row?.height ?? 1;
}

/** Whether there are tenants right below one: any at all, or any whose own deletion is not scheduled. */
export async function hasChildren(tx: Transaction, id: string, which: 'any' | 'staying'): Promise<boolean> {
  const [row] = await tx.query<{ has: boolean }>(selectHasChildren, [
    PLATFORM_TENANT_ID,
    id,
    which === 'any',
  ]);
  return row?.has ?? false;
}
