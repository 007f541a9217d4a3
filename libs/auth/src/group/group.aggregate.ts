import { Aggregate, unhandledEvent } from '@acci/event-store';
import { GroupNotFound } from './group.errors.js';
import {
  GroupChanged,
  GroupCreated,
  GroupDeleted,
  type GroupEvent,
  groupEvents,
  GroupMemberAdded,
  GroupMemberRemoved,
  GroupRoleAssigned,
  GroupRoleRevoked,
} from './group.events.js';

/** What a group is called. */
export interface GroupDescription {
  readonly name: string;
  readonly description: string | null;
}

type Changes = { -readonly [K in keyof GroupChanged['data']]: GroupChanged['data'][K] };

/** Users who have roles together. */
export class Group extends Aggregate<GroupEvent> {
  static readonly streamType = 'auth.group';
  static readonly events = groupEvents;

  private state: GroupDescription = { name: '', description: null };
  private memberIds: string[] = [];
  private roleIds: string[] = [];
  private deleted = false;

  create({ name, description }: GroupDescription): void {
    this.record(GroupCreated.of({ name, description }));
  }

  /** Changes what is named and differs from what it is; nothing if that is nothing. @throws {GroupNotFound} */
  change({ name, description }: Partial<GroupDescription>): void {
    this.assertExists();
    const changes: Changes = {};
    if (name !== undefined && name !== this.state.name) changes.name = { from: this.state.name, to: name };
    if (description !== undefined && description !== this.state.description)
      changes.description = description;
    if (Object.keys(changes).length > 0) this.record(GroupChanged.of(changes));
  }

  /** Once more changes nothing. @throws {GroupNotFound} */
  addMember(userId: string): void {
    this.assertExists();
    if (!this.memberIds.includes(userId)) this.record(GroupMemberAdded.of({ userId }));
  }

  /** Once more changes nothing. @throws {GroupNotFound} */
  removeMember(userId: string): void {
    this.assertExists();
    if (this.memberIds.includes(userId)) this.record(GroupMemberRemoved.of({ userId }));
  }

  /** Once more changes nothing. @throws {GroupNotFound} */
  assignRole(roleId: string): void {
    this.assertExists();
    if (!this.roleIds.includes(roleId)) this.record(GroupRoleAssigned.of({ roleId }));
  }

  /** Once more changes nothing. @throws {GroupNotFound} */
  revokeRole(roleId: string): void {
    this.assertExists();
    if (this.roleIds.includes(roleId)) this.record(GroupRoleRevoked.of({ roleId }));
  }

  /** @throws {GroupNotFound} */
  delete(): void {
    this.assertExists();
    this.record(GroupDeleted.of({ name: this.state.name }));
  }

  protected apply(event: GroupEvent): void {
    switch (event.type) {
      case 'auth.group.created':
        this.state = event.data;
        return;
      case 'auth.group.changed': {
        const { name, ...changes } = event.data;
        this.state = { ...this.state, ...changes, ...(name && { name: name.to }) };
        return;
      }
      case 'auth.group.member_added':
        this.memberIds.push(event.data.userId);
        return;
      case 'auth.group.member_removed':
        this.memberIds = this.memberIds.filter((id) => id !== event.data.userId);
        return;
      case 'auth.group.role_assigned':
        this.roleIds.push(event.data.roleId);
        return;
      case 'auth.group.role_revoked':
        this.roleIds = this.roleIds.filter((id) => id !== event.data.roleId);
        return;
      case 'auth.group.deleted':
        this.deleted = true;
        return;
      default:
        unhandledEvent(event);
    }
  }

  private assertExists(): void {
    if (this.deleted) throw new GroupNotFound(this.id);
  }
}
