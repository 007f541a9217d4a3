import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import { CommandFactory, CommandRunnerService, type CommandRunner } from 'nest-commander';
import { CliModule, Root } from './cli.module.js';
import { Terminal } from './console/terminal.js';
import { codeOf, usageOf, type ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import { StderrLogger } from './stderr-logger.js';
import { version } from './version.js';

type Command = Parameters<CommandRunner['setCommand']>[0];

const help = `
Environment:
  DATABASE_URL       the database of a remote server; also DATABASE_SYSTEM_URL and DATABASE_OWNER_URL
  ACCI_DATA_DIR      without it: where the embedded server has its data, running or not (default: .acci)
  ACCI_MASTER_KEY    the key of personal data, as the server has it

Exit codes:
  0 done   1 failure   2 wrong usage   3 not found   4 refused   5 unavailable, try later   130 interrupted

Examples:
  $ acci migrate
  $ acci tenants create acme --name 'Acme Ltd'
  $ acci projections list --json
`;

/**
 * Runs one command line.
 *
 * @param args what stands behind `acci`.
 * @returns what the process shall end with.
 * @example
 * process.exitCode = await runAcci(['tenants', 'list', '--json'], io);
 */
export async function runAcci(args: readonly string[], io: Io): Promise<ExitCode> {
  const app = await CommandFactory.createWithoutRunning(await CliModule.forRoot(io, args), {
    logger: new StderrLogger(io.stderr),
    abortOnError: false,
    version,
    outputConfiguration: {
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    },
    serviceErrorHandler: (error) => {
      throw error;
    },
  });
  try {
    prepare(
      app.get(Root).command.name('acci').description('Runs an ACCI platform.').addHelpText('after', help),
    );
    await app.get(CommandRunnerService).run(['node', 'acci', ...args]);
    return app.get(Terminal).exitCode;
  } catch (error) {
    const usage = usageOf(error);
    // The commander has said it already.
    if (usage !== undefined) return usage;
    report(error, io, args.includes('--json'));
    // Whoever knows all errors loads all libraries.
    return (await import('./exit-code-of.js')).exitCodeOf(error);
  } finally {
    // A server that we started ends the connections that are just being closed, which is nobody's concern.
    Logger.overrideLogger(false);
    await app.close();
  }
}

/** Nothing is taken that nobody reads, and nothing ends the process but its end. */
function prepare(command: Command): void {
  command.exitOverride();
  if (command.commands.length === 0) command.allowExcessArguments(false);
  for (const child of command.commands) prepare(child);
}

function report(error: unknown, { stderr }: Io, json: boolean): void {
  const code = codeOf(error);
  const message = messageOf(error);
  const { details, errors } = (error ?? {}) as { details?: unknown; errors?: unknown };
  const told = error instanceof AggregateError ? undefined : errors;
  stderr.write(
    json
      ? `${JSON.stringify({ error: { code: code || undefined, message, details, errors: told } })}\n`
      : `error: ${message}${code ? ` (${code})` : ''}\n${told ? `${inspect(told)}\n` : ''}`,
  );
}

/** A failed connection to a name with several addresses has one error for each, and no message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(messageOf).join(', ');
  return error instanceof Error && error.message ? error.message : inspect(error);
}
