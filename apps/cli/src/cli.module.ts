import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { Command, CommandRunner, InjectCommander } from 'nest-commander';
import { Terminal } from './console/terminal.js';
import { IO, type Io } from './io.js';
import { words, type Word } from './words.js';

/** The word that all command lines begin with: `acci`. */
export class Root {
  constructor(@InjectCommander() readonly command: Parameters<CommandRunner['setCommand']>[0]) {}
}

// What a command needs is most of the platform, which takes a second to load: only the one that is called is.
const load: Record<Word, () => Promise<{ registerWithSubCommands(): Provider[] }>> = {
  'dead-letters': async () => (await import('./dead-letters/dead-letters.command.js')).DeadLettersCommand,
  doctor: async () => (await import('./doctor.command.js')).DoctorCommand,
  events: async () => (await import('./events/events.command.js')).EventsCommand,
  keys: async () => (await import('./keys/keys.command.js')).KeysCommand,
  migrate: async () => (await import('./migrate.command.js')).MigrateCommand,
  projections: async () => (await import('./projections/projections.command.js')).ProjectionsCommand,
  reactions: async () => (await import('./reactions/reactions.command.js')).ReactionsCommand,
  subjects: async () => (await import('./subjects/subjects.command.js')).SubjectsCommand,
  tenants: async () => (await import('./tenants/tenants.command.js')).TenantsCommand,
};

/** Every command of `acci`. */
@Module({ providers: [Terminal, Root] })
export class CliModule {
  /** @param args the command line: commands that it does not name are there for the help alone. */
  static async forRoot(io: Io, args: readonly string[]): Promise<DynamicModule> {
    const providers: Provider[] = [{ provide: IO, useValue: io }];
    for (const word of Object.keys(words) as Word[]) {
      providers.push(...(args.includes(word) ? await called(word) : [namesake(word)]));
    }
    return { module: CliModule, providers };
  }
}

async function called(word: Word): Promise<Provider[]> {
  const { Platform } = await import('./platform.js');
  const { TenantLookup } = await import('./tenants/tenant-lookup.js');
  const command = await load[word]();
  return [Platform, TenantLookup, ...command.registerWithSubCommands()];
}

function namesake(word: Word): Provider {
  @Command(words[word])
  class Namesake extends CommandRunner {
    override async run(): Promise<void> {}
  }
  return Namesake;
}
