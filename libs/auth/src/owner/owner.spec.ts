import { uuidv7 } from '@acci/database';
import { given } from '@acci/event-store/testing';
import { OwnerInvitations } from './owner-invitations.aggregate.js';
import { OwnerInvitationWithdrawn, OwnerInvited } from './owner.events.js';

const [tenantId, first, second] = [uuidv7(), uuidv7(), uuidv7()];
const reason = 'Contract 2026-014';
const invited = OwnerInvited.of({ userId: first, reason });

describe('The invitations of a tenant’s owner', () => {
  it('say who was invited and why, and whose invitation was taken back for it', () => {
    given(OwnerInvitations, tenantId, [])
      .when((invitations) => invitations.invite({ userId: first, reason }))
      .then([invited]);
    given(OwnerInvitations, tenantId, [invited])
      .when((invitations) => invitations.invite({ userId: second, reason }, first))
      .then([OwnerInvitationWithdrawn.of({ userId: first }), OwnerInvited.of({ userId: second, reason })]);
  });
});
