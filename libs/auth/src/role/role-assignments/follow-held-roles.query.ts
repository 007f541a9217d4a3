import { LiveFeed, type Context, type EventResponse } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiKeyRevoked, ApiKeyRoleAssigned, ApiKeyRoleRevoked } from '../../api-key/api-key.events.js';
import { Group } from '../../group/group.aggregate.js';
import {
  GroupDeleted,
  GroupMemberAdded,
  GroupMemberRemoved,
  GroupRoleAssigned,
  GroupRoleRevoked,
} from '../../group/group.events.js';
import {
  ServiceAccountDeleted,
  ServiceAccountRoleAssigned,
  ServiceAccountRoleRevoked,
} from '../../service-account/service-account.events.js';
import { UserDeleted, UserRoleAssigned, UserRoleRevoked } from '../../user/user.events.js';
import { Role } from '../role.aggregate.js';
import { RoleChanged } from '../role.events.js';
import type { Principal } from '../role-holders.js';
import type { HeldRolesResponse } from '../role.schemas.js';
import { GetHeldRoles } from './get-held-roles.query.js';

/** What changes who has which role; a user has some through groups. */
const changes: Readonly<Record<Principal['type'], readonly { readonly type: string }[]>> = {
  user: [
    UserRoleAssigned,
    UserRoleRevoked,
    UserDeleted,
    GroupMemberAdded,
    GroupMemberRemoved,
    GroupRoleAssigned,
    GroupRoleRevoked,
    GroupDeleted,
  ],
  group: [GroupRoleAssigned, GroupRoleRevoked, GroupDeleted],
  api_key: [ApiKeyRoleAssigned, ApiKeyRoleRevoked, ApiKeyRevoked],
  service_account: [ServiceAccountRoleAssigned, ServiceAccountRoleRevoked, ServiceAccountDeleted],
};

/**
 * The roles that somebody of the context's tenant has, all of them whenever they may have changed: as they are assigned,
 * taken and renamed, and of a user also as groups change. One by one they could not be told: whoever leaves a group, or
 * whose group is deleted, loses several at once that nothing names any more. It needs `LiveFeedModule`, as `AuthHttpModule`
 * imports it.
 *
 * @throws {UserNotFound} {@link GroupNotFound} {@link ApiKeyNotFound} {@link ServiceAccountNotFound}
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of somebody else or of another list.
 * @example
 * const source = await queryBus.execute(new FollowHeldRoles(ctx, { type: 'user', id: userId }, lastEventId));
 */
export class FollowHeldRoles extends Query<StreamSource<HeldRolesResponse>> {
  constructor(
    readonly ctx: Context,
    readonly principal: Principal,
    readonly cursor?: string,
  ) {
    super();
  }
}

/** Handles {@link FollowHeldRoles}: one item, which is the list. */
@QueryHandler(FollowHeldRoles)
export class FollowHeldRolesHandler implements IQueryHandler<FollowHeldRoles> {
  constructor(
    private readonly live: LiveFeed,
    private readonly queryBus: QueryBus,
  ) {}

  async execute({ ctx, principal, cursor }: FollowHeldRoles): Promise<StreamSource<HeldRolesResponse>> {
    const get = (): Promise<HeldRolesResponse> => this.queryBus.execute(new GetHeldRoles(ctx, principal));
    await get();
    return this.live.list<HeldRolesResponse>(ctx, cursor, {
      name: 'auth.held-roles',
      eventTypes: [...changes[principal.type], RoleChanged].map(({ type }) => type),
      filter: principal,
      idOf: (event) => (concerns(principal, event) ? principal.id : undefined),
      keyOf: () => principal.id,
      find: async () => [await get()],
    });
  }
}

/** True also of a group that a user may have been in: of one that is deleted nothing tells who was. */
function concerns({ type, id }: Principal, { streamType, streamId, data }: EventResponse): boolean {
  if (streamId === id) return true;
  if (streamType === Role.streamType) return (data as RoleChanged['data']).name !== undefined;
  const { userId = id } = data as { readonly userId?: string };
  return type === 'user' && streamType === Group.streamType && userId === id;
}
