import { prepared, type Transaction } from '@acci/database';
import { EventStore, type PendingEvent, SubjectWasForgotten } from '@acci/event-store';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { GroupDeleted, GroupMemberRemoved, GroupRoleRevoked } from '../group/group.events.js';
import { UserDeactivated, UserDeleted, UserLocked, UserRoleRevoked } from '../user/user.events.js';
import { ownerRoleId } from './built-in-roles.js';
import { LastOwner } from './role.errors.js';

/** Whatever can take an owner from a tenant. */
const types = [
  UserDeactivated,
  UserLocked,
  UserDeleted,
  UserRoleRevoked,
  GroupMemberRemoved,
  GroupRoleRevoked,
  GroupDeleted,
  SubjectWasForgotten,
].map(({ type }) => type);

// Two keys of 32 bits: a space of locks apart from those with one key of 64. The first spells "ownr".
const lockClass = 0x6f776e72;
const lock = prepared(`select pg_advisory_xact_lock(${lockClass}, hashtext($1))`);

/** Only who can log in counts: a locked owner is no help. */
const selectOwner = prepared(`
  select exists (
    select from acci.users u
     where u.tenant_id = $1::uuid and u.status = 'active' and u.locked_at is null
       and (exists (select from acci.role_assignments a
                     where a.tenant_id = $1::uuid and a.principal_type = 'user' and a.principal_id = u.id
                       and a.role_id = '${ownerRoleId}')
         or exists (select from acci.group_members m
                      join acci.role_assignments a
                        on a.tenant_id = $1::uuid and a.principal_type = 'group' and a.principal_id = m.group_id
                     where m.tenant_id = $1::uuid and m.user_id = u.id and a.role_id = '${ownerRoleId}'))) as owned`);

/** Tells whether a tenant has an owner who can log in. */
export async function isOwned(tenantId: string, tx: Transaction): Promise<boolean> {
  const [row] = await tx.query<{ owned: boolean }>(selectOwner, [tenantId]);
  return row?.owned ?? false;
}

/**
 * Keeps tenants from losing their last owner, whichever way they would: an append that leaves a tenant without one
 * that had one is undone. Such appends of one tenant come one after the other.
 */
@Injectable()
export class LastOwnerGuard implements OnModuleInit, OnModuleDestroy {
  private readonly owned = new WeakMap<Transaction, boolean>();
  private readonly remove: (() => void)[] = [];

  constructor(private readonly store: EventStore) {
    // Hooks run in the order in which they come: this one before those that keep the read models, the other one after.
    this.remove.push(store.onAppend((events, tx) => this.before(events, tx), { types }));
  }

  onModuleInit(): void {
    this.remove.push(this.store.onAppend((events, tx) => this.after(events, tx), { types }));
  }

  onModuleDestroy(): void {
    for (const remove of this.remove) remove();
  }

  private async before([event]: readonly PendingEvent[], tx: Transaction): Promise<void> {
    if (!event) return;
    tx.execute(lock, [event.tenantId]);
    this.owned.set(tx, await isOwned(event.tenantId, tx));
  }

  /** @throws {LastOwner} */
  private async after([event]: readonly PendingEvent[], tx: Transaction): Promise<void> {
    if (event && this.owned.get(tx) && !(await isOwned(event.tenantId, tx))) throw new LastOwner();
  }
}
