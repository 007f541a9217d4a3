import { ChangeGroupHandler } from '../group/commands/change-group.command.js';
import { CreateGroupHandler } from '../group/commands/create-group.command.js';
import { DeleteGroupHandler } from '../group/commands/delete-group.command.js';
import { SetGroupMemberHandler } from '../group/commands/set-group-member.command.js';
import { GetGroupHandler } from '../group/groups/get-group.query.js';
import { ListGroupMembersHandler } from '../group/groups/list-group-members.query.js';
import { ListGroupsHandler } from '../group/groups/list-groups.query.js';
import { SetGuestRoleHandler } from '../guest/commands/set-guest-role.command.js';
import { ListGuestsHandler } from '../guest/guests/list-guests.query.js';
import { TenantSwitch } from '../guest/tenant-switch.js';
import { BuiltInRoles } from '../role/built-in-roles.js';
import { ChangeRoleHandler } from '../role/commands/change-role.command.js';
import { CreateRoleHandler } from '../role/commands/create-role.command.js';
import { DeleteRoleHandler } from '../role/commands/delete-role.command.js';
import { SetRoleHandler } from '../role/commands/set-role.command.js';
import { GetHeldRolesHandler } from '../role/role-assignments/get-held-roles.query.js';
import { GetRoleHandler } from '../role/roles/get-role.query.js';
import { ListRolesHandler } from '../role/roles/list-roles.query.js';
import { LastOwnerGuard } from '../role/last-owner.js';
import { RoleRules } from '../role/role-rules.js';
import { Abilities } from './abilities.js';
import { GrantGate } from './grant-gate.js';
import { Grants } from './grants.js';

/** What roles, groups and guests need, for the module. */
export const grantProviders = [
  Abilities,
  BuiltInRoles,
  ChangeGroupHandler,
  ChangeRoleHandler,
  CreateGroupHandler,
  CreateRoleHandler,
  DeleteGroupHandler,
  DeleteRoleHandler,
  GetGroupHandler,
  GetHeldRolesHandler,
  GetRoleHandler,
  GrantGate,
  Grants,
  LastOwnerGuard,
  ListGroupMembersHandler,
  ListGroupsHandler,
  ListGuestsHandler,
  ListRolesHandler,
  RoleRules,
  SetGroupMemberHandler,
  SetGuestRoleHandler,
  SetRoleHandler,
  TenantSwitch,
];
