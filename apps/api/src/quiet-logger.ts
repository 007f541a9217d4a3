import type { LoggerService } from '@nestjs/common';

// What Nest tells of its own start, a line per route; the banner and the OpenAPI document say it better.
const chatter = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/** A logger that leaves out Nest's account of its own start. Warnings and errors pass, whoever they are from. */
export function quietLogger(logger: LoggerService): LoggerService {
  return {
    log: (message, ...rest: unknown[]) => {
      if (!chatter.has(String(rest.at(-1)))) logger.log(message, ...rest);
    },
    error: (message, ...rest: unknown[]) => logger.error(message, ...rest),
    warn: (message, ...rest: unknown[]) => logger.warn(message, ...rest),
    debug: (message, ...rest: unknown[]) => logger.debug?.(message, ...rest),
    verbose: (message, ...rest: unknown[]) => logger.verbose?.(message, ...rest),
    fatal: (message, ...rest: unknown[]) => logger.fatal?.(message, ...rest),
  };
}
