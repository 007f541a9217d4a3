import { z } from 'zod';

const switchOf = (byDefault: boolean) => z.stringbool().default(byDefault);
const milliseconds = (byDefault: number) => z.coerce.number().int().positive().default(byDefault);
const count = (byDefault: number) => z.coerce.number().int().positive().default(byDefault);
const port = z.coerce.number('must be a number').int().min(0).max(65_535);
const list = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .pipe(z.array(z.string().min(1)));
// As OpenTelemetry writes them: name=value pairs, separated by commas, percent-encoded.
const headers = z
  .string()
  .regex(/^[\w-]+=[^,]+(,[\w-]+=[^,]+)*$/, 'must be name=value pairs, separated by commas')
  .transform((text) =>
    Object.fromEntries(new URLSearchParams(text.replaceAll('+', '%2B').replaceAll(',', '&'))),
  );
// The first one wraps, the others are older ones that still unwrap.
const masterKeys = z
  .string()
  .refine(
    (text) => text.split(',').every((key) => Buffer.from(key.trim(), 'base64').length === 32),
    'must be 32 bytes as base64 (openssl rand -base64 32), or several, separated by commas',
  );
const smtpUrl = z.url({ protocol: /^smtps?$/, error: 'must be an smtp:// or smtps:// URL' });
const mailSender = z
  .string()
  .regex(
    /^([^<>@,]*<[^\s<>@,]+@[^\s<>@,]+>|[^\s<>@,]+@[^\s<>@,]+)$/,
    'must be an address, or Name <address>',
  );
const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });
const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' });

/** The environment, as people write it; `docs/configuration.md` is the same list with more words. */
export const environmentSchema = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  HOST: z.string().min(1).optional(),
  PORT: port.default(3000),
  ACCI_MANAGEMENT_PORT: port.optional(),

  DATABASE_URL: postgresUrl.optional(),
  DATABASE_SYSTEM_URL: postgresUrl.optional(),
  DATABASE_OWNER_URL: postgresUrl.optional(),
  DATABASE_POOL_MAX: count(10),
  DATABASE_STATEMENT_TIMEOUT_MS: milliseconds(30_000),
  ACCI_EMBEDDED: z.stringbool().optional(),
  ACCI_DATA_DIR: z.string().min(1).default('.acci'),
  ACCI_MIGRATE_ON_START: switchOf(true),

  ACCI_WORKER: switchOf(true),
  ACCI_OPERATOR_KEY: z.string().min(32, 'must have at least 32 characters').optional(),
  ACCI_OPERATOR_EMAIL: z.email().max(254).optional(),
  ACCI_OPERATOR_PASSWORD: z.string().min(12, 'must have at least 12 characters').optional(),
  ACCI_MASTER_KEY: masterKeys.optional(),

  ACCI_SMTP_URL: smtpUrl.optional(),
  ACCI_MAIL_FROM: mailSender.optional(),
  ACCI_FRONT_END_URL: z
    .string()
    .regex(/^https?:\/\/\S+$/, 'must be an http:// or https:// URL')
    .optional(),
  ACCI_TENANT_DOMAIN: z.hostname().optional(),

  ACCI_PUBLIC_URL: webUrl.optional(),
  ACCI_CORS_ORIGINS: list.optional(),
  ACCI_TRUSTED_PROXIES: list.optional(),
  ACCI_BODY_LIMIT_BYTES: count(1_048_576),
  ACCI_REQUEST_TIMEOUT_MS: milliseconds(30_000),
  ACCI_RATE_LIMIT_PER_MINUTE: count(6_000),
  ACCI_SHUTDOWN_TIMEOUT_MS: milliseconds(20_000),

  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  LOG_PRETTY: z.stringbool().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: webUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headers.optional(),
});

/** What the server runs with, read from the environment once. */
export type Config = z.output<typeof environmentSchema> & {
  readonly HOST: string;
  readonly LOG_PRETTY: boolean;
};

/** The environment does not make a configuration; the message names each variable and what is wrong with it. */
export class InvalidConfiguration extends Error {
  override readonly name = 'InvalidConfiguration';
}

/**
 * Reads the configuration.
 * @throws {InvalidConfiguration} naming every variable that is missing or wrong. Values are not repeated: some are secrets.
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  // An empty variable is what compose files and shells leave where nothing was meant.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = environmentSchema.safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
    throw new InvalidConfiguration(`The environment is not a valid configuration:\n${problems.join('\n')}`);
  }
  const config = result.data;
  const production = config.NODE_ENV === 'production';
  if (production && !config.DATABASE_URL && !config.ACCI_EMBEDDED) {
    throw new InvalidConfiguration(
      'DATABASE_URL is not set. In production the embedded PostgreSQL starts only with ACCI_EMBEDDED=1.',
    );
  }
  if (production && !config.ACCI_MASTER_KEY) {
    throw new InvalidConfiguration(
      'ACCI_MASTER_KEY is not set. In production the key of all personal data is given, and backed up, by you.',
    );
  }
  const front = config.ACCI_FRONT_END_URL ?? config.ACCI_PUBLIC_URL;
  if (production && config.ACCI_SMTP_URL && !(config.ACCI_MAIL_FROM && front)) {
    throw new InvalidConfiguration(
      'ACCI_SMTP_URL is set, but not who mails are from (ACCI_MAIL_FROM) or where their links lead (ACCI_FRONT_END_URL).',
    );
  }
  if ((config.ACCI_OPERATOR_EMAIL === undefined) !== (config.ACCI_OPERATOR_PASSWORD === undefined)) {
    throw new InvalidConfiguration(
      'ACCI_OPERATOR_EMAIL and ACCI_OPERATOR_PASSWORD make the first operator’s account together: one of them is not set.',
    );
  }
  if (config.DATABASE_URL && config.ACCI_EMBEDDED) {
    throw new InvalidConfiguration(
      'DATABASE_URL and ACCI_EMBEDDED are both set: it can only be one of them.',
    );
  }
  return {
    ...config,
    HOST: config.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    LOG_PRETTY: config.LOG_PRETTY ?? config.NODE_ENV === 'development',
  };
}
