import { uuidv7 } from '@acci/database';
import { given } from '@acci/event-store/testing';
import { Role } from './role.aggregate.js';
import { RoleNotFound } from './role.errors.js';
import {
  RoleChanged,
  RoleCreated,
  RoleDeleted,
  type RoleDescription,
  type RoleEvent,
} from './role.events.js';

const id = uuidv7();
const reader: RoleDescription = {
  name: 'Reader',
  description: null,
  permissions: ['auth.users.read'],
  condition: { department: { user: 'department' } },
};
const created = RoleCreated.of({ ...reader, permissions: [...reader.permissions] });
const deleted = RoleDeleted.of({ name: 'Reader' });
const givenRole = (...history: RoleEvent[]) => given(Role, id, history);

describe('A role', () => {
  it('is made with its permissions in order, each once', () => {
    givenRole()
      .when((role) => role.create({ ...reader, permissions: ['b.read', 'a.read', 'b.read'] }))
      .then([RoleCreated.of({ ...reader, permissions: ['a.read', 'b.read'] })]);
  });

  it('changes what is named and differs, and nothing else', () => {
    givenRole(created)
      .when((role) => void role.change({ name: 'Looker', permissions: ['auth.users.read'] }))
      .then([RoleChanged.of({ name: { from: 'Reader', to: 'Looker' } })]);
    givenRole(created)
      .when((role) => void role.change({ condition: null }))
      .then([RoleChanged.of({ condition: null })]);
    givenRole(created)
      .when((role) => void role.change(reader))
      .then([]);
  });

  it('says what it then gives, if that is something else', () => {
    const role = new Role(id);
    role.create(reader);
    expect(role.change({ name: 'Looker', description: 'Looks' })).toBeUndefined();
    expect(role.change({ condition: null })).toMatchObject({
      permissions: ['auth.users.read'],
      condition: null,
    });
    expect(role.change({ permissions: [] })).toMatchObject({ permissions: [] });
  });

  it('is gone for good once deleted', () => {
    givenRole(created)
      .when((role) => role.delete())
      .then([deleted]);
    givenRole(created, deleted)
      .when((role) => role.delete())
      .thenThrows(RoleNotFound);
    givenRole(created, deleted)
      .when((role) => void role.change({ name: 'Back' }))
      .thenThrows(RoleNotFound);
  });
});
