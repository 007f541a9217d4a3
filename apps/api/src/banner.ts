import type { Config } from './config.js';
import type { ServerDatabase } from './server-database.js';
import { version } from './version.js';

/** What lets the operator in, where this start has made it. */
export interface FirstSecrets {
  readonly key?: string | undefined;
  readonly setUpLink?: string | undefined;
}

/** What the start prints for people: where to go, and what lets the operator in the one time that it is known. */
export function apiBanner(
  config: Config,
  url: string,
  { embedded }: ServerDatabase,
  { key, setUpLink }: FirstSecrets = {},
): string[] {
  const base = url
    .replace('[::1]', 'localhost')
    .replace('127.0.0.1', 'localhost')
    .replace('0.0.0.0', 'localhost');
  const database = embedded
    ? `embedded PostgreSQL on port ${embedded.port}, data in ${config.ACCI_DATA_DIR}/postgres`
    : 'as DATABASE_URL names it';
  return [
    '',
    `  ACCI ${version}`,
    '',
    `  API         ${base}/v1`,
    `  Swagger UI  ${base}/docs`,
    `  Database    ${database}`,
    `  Worker      ${config.ACCI_WORKER ? 'in this process' : 'not in this process'}`,
    ...(key
      ? [
          '',
          '  Operator key, shown this once. Keep it; put it into Swagger UI under Authorize:',
          '',
          `  ${key}`,
        ]
      : []),
    ...(setUpLink
      ? [
          '',
          '  Set-up link, shown this once and good for a day. It makes your account, the first operator’s; without a page',
          `  there, send its token to POST ${base}/v1/auth/set-up:confirm with your email and a password:`,
          '',
          `  ${setUpLink}`,
        ]
      : []),
    '',
  ];
}
