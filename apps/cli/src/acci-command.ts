import { Inject } from '@nestjs/common';
import { CommandRunner, Help, Option } from 'nest-commander';
import { Terminal } from './console/terminal.js';
import type { ExitCode } from './exit-codes.js';
import { Platform } from './platform.js';

/** What every command can be told. */
export interface CommonOptions {
  readonly json?: boolean;
}

/** A command of `acci`: does its work and says what the process ends with. */
export abstract class AcciCommand<O extends CommonOptions = CommonOptions> extends CommandRunner {
  @Inject(Terminal) protected readonly terminal!: Terminal;
  @Inject(Platform) protected readonly platform!: Platform;

  /** Command lines that work, shown by `--help`. */
  protected abstract readonly examples: readonly string[];

  /** @returns nothing, if it was done. */
  protected abstract execute(params: readonly string[], options: O): Promise<ExitCode | void>;

  override async run(params: string[], options: O): Promise<void> {
    this.terminal.exitCode = (await this.execute(params, options)) ?? this.terminal.exitCode;
  }

  @Option({ flags: '--json', description: 'print JSON, for programs' })
  json(): boolean {
    return true;
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
export abstract class ActCommand<O extends ActOptions = ActOptions> extends AcciCommand<O> {
  @Option({ flags: '--actor <name>', description: 'who acts (default: cli:<your login>)' })
  actor(name: string): string {
    return name;
  }
}

/** What an act that needs a reason is told. */
export interface ReasonedOptions extends ActOptions {
  readonly reason: string;
}

/** An act whose reason is kept with it. */
export abstract class ReasonedCommand<O extends ReasonedOptions = ReasonedOptions> extends ActCommand<O> {
  @Option({ flags: '--reason <text>', description: 'why; it is kept', required: true })
  reason(text: string): string {
    return text;
  }
}

/** A word that commands stand behind, such as `tenants`. Alone it does nothing. */
export abstract class CommandGroup extends CommandRunner {
  override async run([unknown]: string[]): Promise<void> {
    if (unknown !== undefined) this.command.error(`error: unknown command '${unknown}'`);
    this.command.help({ error: true });
  }
}
