import { Aggregate, unhandledEvent } from '@acci/event-store';
import { type OwnerEvent, ownerEvents, OwnerInvitationWithdrawn, OwnerInvited } from './owner.events.js';

/** The owners that the platform invited into a tenant: one stream for each tenant, by its id. */
export class OwnerInvitations extends Aggregate<OwnerEvent> {
  static readonly streamType = 'auth.owner';
  static readonly events = ownerEvents;

  private userId: string | undefined;

  /** Whose invitation was not taken back; undefined if there is none. They may have accepted it since. */
  get invitedId(): string | undefined {
    return this.userId;
  }

  /** Invites somebody, and takes back what others could still accept. */
  invite({ userId, reason }: OwnerInvited['data'], withdrawnId?: string): void {
    if (withdrawnId !== undefined) this.record(OwnerInvitationWithdrawn.of({ userId: withdrawnId }));
    this.record(OwnerInvited.of({ userId, reason }));
  }

  protected apply(event: OwnerEvent): void {
    switch (event.type) {
      case 'auth.owner.invited':
        this.userId = event.data.userId;
        return;
      case 'auth.owner.invitation_withdrawn':
        this.userId = undefined;
        return;
      default:
        unhandledEvent(event);
    }
  }
}
