import { Inject } from '@nestjs/common';
import { CommandRunner, Help } from 'nest-commander';
import { Terminal } from './console/terminal.js';
import type { ExitCode } from './exit-codes.js';
import { flag, Takes } from './options.js';
import { Platform } from './platform.js';
import { TenantLookup } from './tenants/tenant-lookup.js';

/** What every command can be told. */
export interface CommonOptions {
  readonly json?: boolean;
}

/** A command of `acci`: does its work and says what the process ends with. */
@Takes(flag('--json', 'print JSON, for programs'))
export abstract class AcciCommand<O extends CommonOptions = CommonOptions> extends CommandRunner {
  @Inject(Terminal) protected readonly terminal!: Terminal;
  @Inject(Platform) protected readonly platform!: Platform;
  @Inject(TenantLookup) protected readonly tenants!: TenantLookup;

  /** Command lines that work, shown by `--help`. */
  protected abstract readonly examples: readonly string[];

  /** @returns nothing, if it was done. */
  protected abstract execute(params: readonly string[], options: O): Promise<ExitCode | void>;

  override async run(params: string[], options: O): Promise<void> {
    this.terminal.exitCode = (await this.execute(params, options)) ?? this.terminal.exitCode;
  }

  @Help('after')
  help(): string {
    const many = this.examples.length > 1;
    return `\nExample${many ? 's' : ''}:\n${this.examples.map((example) => `  $ ${example}`).join('\n')}\n`;
  }
}

/** What a command that changes something can be told as well. */
export interface ActOptions extends CommonOptions {
  readonly actor?: string;
}

/** A command that changes something: it is written down who did it. */
@Takes({ flags: '--actor <name>', description: 'who acts (default: cli:<your login>)' })
export abstract class ActCommand<O extends ActOptions = ActOptions> extends AcciCommand<O> {}

/** What an act that needs a reason is told. */
export interface ReasonedOptions extends ActOptions {
  readonly reason: string;
}

/** An act whose reason is kept with it. */
@Takes({ flags: '--reason <text>', description: 'why; it is kept', required: true })
export abstract class ReasonedCommand<O extends ReasonedOptions = ReasonedOptions> extends ActCommand<O> {}

/** A word that commands stand behind, such as `tenants`. Alone it does nothing. */
export abstract class CommandGroup extends CommandRunner {
  override async run([unknown]: string[]): Promise<void> {
    if (unknown !== undefined) this.command.error(`error: unknown command '${unknown}'`);
    this.command.help({ error: true });
  }
}
