import { GroupMemberController } from '../group/group-member.controller.js';
import { GroupController } from '../group/group.controller.js';
import { FollowGroupsHandler } from '../group/groups/follow-groups.query.js';
import { GuestController } from '../guest/guest.controller.js';
import { heldRolesControllers } from '../role/held-roles.controller.js';
import { RoleController } from '../role/role.controller.js';
import { FollowRolesHandler } from '../role/roles/follow-roles.query.js';

/** What answers for roles, groups and guests over HTTP, for the module. */
export const grantControllers = [
  GroupController,
  GroupMemberController,
  GuestController,
  RoleController,
  ...heldRolesControllers,
];

/** What handles their live queries. */
export const grantFollowers = [FollowGroupsHandler, FollowRolesHandler];
