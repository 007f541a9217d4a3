import { uuidv7 } from '@acci/database';
import { given } from '@acci/event-store/testing';
import { Guest } from './guest.aggregate.js';
import { GuestRoleAssigned, GuestRoleRevoked } from './guest.events.js';

const ref = { homeTenantId: uuidv7(), userId: uuidv7() };
const roleId = 'auditor';
const assigned = GuestRoleAssigned.of({ ...ref, roleId });
const revoked = GuestRoleRevoked.of({ ...ref, roleId });

describe('A guest', () => {
  it('gets a role once, and loses it once', () => {
    given(Guest, Guest.idOf(ref), [])
      .when((guest) => [1, 2].forEach(() => guest.assignRole(ref, roleId)))
      .then([assigned]);
    given(Guest, Guest.idOf(ref), [assigned])
      .when((guest) => [1, 2].forEach(() => guest.revokeRole(ref, roleId)))
      .then([revoked]);
    given(Guest, Guest.idOf(ref), [assigned, revoked])
      .when((guest) => guest.assignRole(ref, roleId))
      .then([assigned]);
  });
});
