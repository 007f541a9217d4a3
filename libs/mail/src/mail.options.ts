import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { MailLayout } from './template/layout.js';

/**
 * Hands mails to an SMTP server.
 *
 * @example
 * const options: SmtpOptions = { smtp: 'smtps://user:secret@mail.example.com' };
 */
export interface SmtpOptions {
  /**
   * `smtps://user:password@host:465` for TLS from the first byte, `smtp://user:password@host:587` for STARTTLS. What
   * nodemailer knows more about a connection goes into the query, such as `?tls.servername=mail.example.com`.
   */
  readonly smtp: string;
  /**
   * Whether a server that offers no STARTTLS, or has no valid certificate, gets no mail. Default true; `requireTLS` in
   * the query of the URL wins.
   */
  readonly requireTls?: boolean;
}

/**
 * Writes each mail into a directory, as a file `….eml` that every mail program opens. For development.
 *
 * @example
 * const options: DirectoryOptions = { directory: '.acci/mail' };
 */
export interface DirectoryOptions {
  /** It is made when the first mail comes; only its owner can read it, since mails have links that let people in. */
  readonly directory: string;
}

/**
 * How `MailModule` works.
 *
 * @example
 * const options: MailModuleOptions = { from: 'ACCI <no-reply@example.com>', transport: { directory: '.acci/mail' } };
 */
export interface MailModuleOptions {
  /** Who mails are from: an address, or a name with an address in angle brackets. */
  readonly from: string;
  readonly transport: SmtpOptions | DirectoryOptions;
  /** What every mail that is made from a template looks like. Default {@link defaultLayout}. */
  readonly layout?: MailLayout;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<MailModuleOptions>()
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
