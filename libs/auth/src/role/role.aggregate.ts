import { Aggregate, unhandledEvent } from '@acci/event-store';
import { RoleNotFound } from './role.errors.js';
import {
  RoleChanged,
  RoleCreated,
  RoleDeleted,
  type RoleDescription,
  type RoleEvent,
  roleEvents,
} from './role.events.js';

type Changes = { -readonly [K in keyof RoleChanged['data']]: RoleChanged['data'][K] };

/** A role of a tenant's own making: what whoever has it may do, and on what. */
export class Role extends Aggregate<RoleEvent> {
  static readonly streamType = 'auth.role';
  static readonly events = roleEvents;

  private state: RoleDescription = { name: '', description: null, permissions: [], condition: null };
  private deleted = false;

  /** What the role gives. */
  get terms(): Pick<RoleDescription, 'permissions' | 'condition'> {
    return this.state;
  }

  create({ name, description, permissions, condition }: RoleDescription): void {
    this.record(RoleCreated.of({ name, description, permissions: sorted(permissions), condition }));
  }

  /**
   * Changes what is named and differs from what it is; nothing if that is nothing.
   *
   * @returns what the role then gives, if that is something else.
   * @throws {RoleNotFound}
   */
  change(wanted: Partial<RoleDescription>): RoleDescription | undefined {
    this.assertExists();
    const changes: Changes = {};
    const { name, description, condition } = wanted;
    const permissions = wanted.permissions && sorted(wanted.permissions);
    if (name !== undefined && name !== this.state.name) changes.name = { from: this.state.name, to: name };
    if (description !== undefined && description !== this.state.description)
      changes.description = description;
    if (permissions && !same(permissions, this.state.permissions)) changes.permissions = permissions;
    if (condition !== undefined && !same(condition, this.state.condition)) changes.condition = condition;
    if (Object.keys(changes).length > 0) this.record(RoleChanged.of(changes));
    return changes.permissions || changes.condition !== undefined ? this.state : undefined;
  }

  /** Whether nobody has the role any more is asked where that is known. @throws {RoleNotFound} */
  delete(): void {
    this.assertExists();
    this.record(RoleDeleted.of({ name: this.state.name }));
  }

  protected apply(event: RoleEvent): void {
    switch (event.type) {
      case 'auth.role.created':
        this.state = event.data;
        return;
      case 'auth.role.changed': {
        const { name, ...changes } = event.data;
        this.state = { ...this.state, ...changes, ...(name && { name: name.to }) };
        return;
      }
      case 'auth.role.deleted':
        this.deleted = true;
        return;
      default:
        unhandledEvent(event);
    }
  }

  private assertExists(): void {
    if (this.deleted) throw new RoleNotFound(this.id);
  }
}

function sorted(permissions: readonly string[]): string[] {
  return [...new Set(permissions)].sort();
}

/** As JSON: two conditions that name their attributes in another order count as two. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
