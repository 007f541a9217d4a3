import { GroupMemberController } from '../group/group-member.controller.js';
import { GroupController } from '../group/group.controller.js';
import { FollowGroupMembersHandler } from '../group/groups/follow-group-members.query.js';
import { FollowGroupsHandler } from '../group/groups/follow-groups.query.js';
import { GuestController } from '../guest/guest.controller.js';
import { FollowGuestsHandler } from '../guest/guests/follow-guests.query.js';
import { heldRolesControllers } from '../role/held-roles.controller.js';
import { RoleController } from '../role/role.controller.js';
import { FollowHeldRolesHandler } from '../role/role-assignments/follow-held-roles.query.js';
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
export const grantFollowers = [
  FollowGroupMembersHandler,
  FollowGroupsHandler,
  FollowGuestsHandler,
  FollowHeldRolesHandler,
  FollowRolesHandler,
];
