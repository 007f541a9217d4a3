import { Command } from 'nest-commander';
import { CommandGroup } from '../acci-command.js';
import { words } from '../words.js';
import { CreateTenantCommand } from './create-tenant.command.js';
import { ImportTenantsCommand } from './import-tenants.command.js';
import { ListTenantsCommand } from './list-tenants.command.js';
import { SuspendTenantCommand } from './suspend-tenant.command.js';

@Command({
  ...words.tenants,
  subCommands: [ListTenantsCommand, CreateTenantCommand, SuspendTenantCommand, ImportTenantsCommand],
})
export class TenantsCommand extends CommandGroup {}
