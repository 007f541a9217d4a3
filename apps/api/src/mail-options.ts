import { join } from 'node:path';
import type { MailModuleOptions } from '@acci/mail';
import type { Config } from './config.js';

/**
 * How mails are sent: over SMTP, in production with TLS; in development as files in the data directory. In production
 * without an SMTP server none are: links that let people in are not left on a disk by default.
 */
export function mailOptions(config: Config): MailModuleOptions | undefined {
  const { ACCI_SMTP_URL: smtp, ACCI_MAIL_FROM: from = 'ACCI <no-reply@localhost>', NODE_ENV } = config;
  const production = NODE_ENV === 'production';
  if (smtp !== undefined) return { from, transport: { smtp, requireTls: production } };
  return production ? undefined : { from, transport: { directory: join(config.ACCI_DATA_DIR, 'mail') } };
}
