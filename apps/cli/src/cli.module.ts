import { Module, type DynamicModule } from '@nestjs/common';
import { InjectCommander, type CommandRunner } from 'nest-commander';
import { Terminal } from './console/terminal.js';
import { DoctorCommand } from './doctor.command.js';
import { EventsCommand } from './events/events.command.js';
import { IO, type Io } from './io.js';
import { KeysCommand } from './keys/keys.command.js';
import { MigrateCommand } from './migrate.command.js';
import { Platform } from './platform.js';
import { ProjectionsCommand } from './projections/projections.command.js';
import { SubjectsCommand } from './subjects/subjects.command.js';
import { TenantLookup } from './tenants/tenant-lookup.js';
import { TenantsCommand } from './tenants/tenants.command.js';

/** The word that all command lines begin with: `acci`. */
export class Root {
  constructor(@InjectCommander() readonly command: Parameters<CommandRunner['setCommand']>[0]) {}
}

/** Every command of `acci`. */
@Module({
  providers: [
    Terminal,
    Platform,
    TenantLookup,
    Root,
    ...DoctorCommand.registerWithSubCommands(),
    ...EventsCommand.registerWithSubCommands(),
    ...KeysCommand.registerWithSubCommands(),
    ...MigrateCommand.registerWithSubCommands(),
    ...ProjectionsCommand.registerWithSubCommands(),
    ...SubjectsCommand.registerWithSubCommands(),
    ...TenantsCommand.registerWithSubCommands(),
  ],
})
export class CliModule {
  static forRoot(io: Io): DynamicModule {
    return { module: CliModule, providers: [{ provide: IO, useValue: io }] };
  }
}
