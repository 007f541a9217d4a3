import { uuidv7 } from '@acci/database';
import { given } from '@acci/event-store/testing';
import { Group } from './group.aggregate.js';
import { GroupNotFound } from './group.errors.js';
import * as events from './group.events.js';

const id = uuidv7();
const userId = uuidv7();
const roleId = 'auditor';
const created = events.GroupCreated.of({ name: 'Sales', description: null });
const added = events.GroupMemberAdded.of({ userId });
const removed = events.GroupMemberRemoved.of({ userId });
const assigned = events.GroupRoleAssigned.of({ roleId });
const revoked = events.GroupRoleRevoked.of({ roleId });
const deleted = events.GroupDeleted.of({ name: 'Sales' });
const givenGroup = (...history: events.GroupEvent[]) => given(Group, id, history);

describe('A group', () => {
  it('is made, and called something else', () => {
    givenGroup()
      .when((group) => group.create({ name: 'Sales', description: null }))
      .then([created]);
    givenGroup(created)
      .when((group) => group.change({ name: 'Selling', description: null }))
      .then([events.GroupChanged.of({ name: { from: 'Sales', to: 'Selling' } })]);
    givenGroup(created)
      .when((group) => group.change({ name: 'Sales' }))
      .then([]);
  });

  it('takes a user in once, and lets them go once', () => {
    givenGroup(created)
      .when((group) => [1, 2].forEach(() => group.addMember(userId)))
      .then([added]);
    givenGroup(created, added)
      .when((group) => [1, 2].forEach(() => group.removeMember(userId)))
      .then([removed]);
    givenGroup(created, added, removed)
      .when((group) => group.addMember(userId))
      .then([added]);
  });

  it('gets a role once, and loses it once', () => {
    givenGroup(created)
      .when((group) => [1, 2].forEach(() => group.assignRole(roleId)))
      .then([assigned]);
    givenGroup(created, assigned)
      .when((group) => [1, 2].forEach(() => group.revokeRole(roleId)))
      .then([revoked]);
  });

  it('is gone for good once deleted', () => {
    givenGroup(created)
      .when((group) => group.delete())
      .then([deleted]);
    const acts: ((group: Group) => void)[] = [
      (group) => group.delete(),
      (group) => group.change({ name: 'Back' }),
      (group) => group.addMember(userId),
      (group) => group.removeMember(userId),
      (group) => group.assignRole(roleId),
      (group) => group.revokeRole(roleId),
    ];
    for (const act of acts) givenGroup(created, deleted).when(act).thenThrows(GroupNotFound);
  });
});
