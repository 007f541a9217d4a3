import { createTransport, type NodemailerError, type SendMailOptions } from 'nodemailer';
import { MailNotSent, MailOptionsInvalid, MailRefused } from '../mail.errors.js';
import type { SmtpOptions } from '../mail.options.js';
import { type MailTransport, sealed } from './mail-transport.js';

// Shorter than nodemailer's minutes: whoever waits for a mail to be handed over tries again later. In milliseconds.
const timeouts = {
  dnsTimeout: 5_000,
  connectionTimeout: 5_000,
  greetingTimeout: 10_000,
  socketTimeout: 20_000,
};

/** Hands mails to an SMTP server, over a few connections that stay open for the next ones. */
export class SmtpTransport implements MailTransport {
  private readonly pool;

  /** @throws {MailOptionsInvalid} for a URL that is not one of an SMTP server. */
  constructor({ smtp, requireTls = true }: SmtpOptions) {
    const url = URL.canParse(smtp) ? new URL(smtp) : undefined;
    if (!url?.hostname || !['smtp:', 'smtps:'].includes(url.protocol))
      throw new MailOptionsInvalid('the URL of the SMTP server must begin with smtp:// or smtps://');
    this.pool = createTransport({ pool: true, requireTLS: requireTls, ...timeouts, ...sealed, url: smtp });
  }

  async deliver(message: SendMailOptions): Promise<void> {
    await this.pool.sendMail(message).catch(fail);
  }

  async check(): Promise<void> {
    await this.pool.verify().catch(fail);
  }

  close(): void {
    this.pool.close();
  }
}

/** Tells what went wrong by codes alone: the server's words quote addresses, which must not get into logs. */
function fail(error: NodemailerError): never {
  const { code = 'unknown', originalCode, responseCode } = error;
  if (responseCode !== undefined && isAboutReceiver(error)) throw new MailRefused(responseCode);
  throw new MailNotSent([code, originalCode, responseCode].filter(Boolean).join(' '));
}

/**
 * Whether it is the receiver's address that no server will ever take. What is said about the sender or the content, and
 * policies (5.7.x of RFC 3463, such as that we may not relay), is for us to mend: then the mail can go.
 */
function isAboutReceiver({ permanent, command, response = '' }: NodemailerError): boolean {
  return permanent === true && command === 'RCPT TO' && !/^\d{3}[ -]5\.7\./.test(response);
}
