import { Aggregate, unhandledEvent } from '@acci/event-store';
import { type GuestEvent, guestEvents, GuestRoleAssigned, GuestRoleRevoked } from './guest.events.js';

/** A user, and the tenant above that they are a user of. */
export interface GuestRef {
  readonly homeTenantId: string;
  readonly userId: string;
}

/** A user of a tenant above who has roles in this one. */
export class Guest extends Aggregate<GuestEvent> {
  static readonly streamType = 'auth.guest';
  static readonly events = guestEvents;

  private roleIds: string[] = [];

  /** The stream of a guest: one for each user, however often they come and go. */
  static idOf({ homeTenantId, userId }: GuestRef): string {
    return `${homeTenantId}/${userId}`;
  }

  /** Once more changes nothing. */
  assignRole(guest: GuestRef, roleId: string): void {
    if (!this.roleIds.includes(roleId)) this.record(GuestRoleAssigned.of({ ...guest, roleId }));
  }

  /** Once more changes nothing. */
  revokeRole(guest: GuestRef, roleId: string): void {
    if (this.roleIds.includes(roleId)) this.record(GuestRoleRevoked.of({ ...guest, roleId }));
  }

  protected apply(event: GuestEvent): void {
    switch (event.type) {
      case 'auth.guest.role_assigned':
        this.roleIds.push(event.data.roleId);
        return;
      case 'auth.guest.role_revoked':
        this.roleIds = this.roleIds.filter((id) => id !== event.data.roleId);
        return;
      default:
        unhandledEvent(event);
    }
  }
}
