import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import addressparser from 'nodemailer/lib/addressparser';
import { MailOptionsInvalid } from './mail.errors.js';
import { assertWellFormed, type Mail } from './mail.js';
import { type MailModuleOptions, MODULE_OPTIONS_TOKEN } from './mail.options.js';
import { DirectoryTransport } from './transport/directory-transport.js';
import type { MailTransport } from './transport/mail-transport.js';
import { SmtpTransport } from './transport/smtp-transport.js';

/**
 * Sends mails.
 *
 * @example
 * await mailer.send({ to: 'ada@example.com', subject: 'Your invoice', text: 'It is due today.' });
 */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private readonly transport: MailTransport;
  private readonly from: { readonly name: string; readonly address: string };

  /** @throws {MailOptionsInvalid} */
  constructor(@Inject(MODULE_OPTIONS_TOKEN) { from, transport }: MailModuleOptions) {
    this.from = senderOf(from);
    this.transport = 'smtp' in transport ? new SmtpTransport(transport) : new DirectoryTransport(transport);
  }

  /**
   * Sends a mail. When this returns, the server, or the directory, has it.
   *
   * @throws {MailMalformed} for what could not be one mail to one person; never try that again.
   * @throws {MailRefused} if the server will never take it.
   * @throws {MailNotSent} if it did not now: try again later.
   */
  async send(mail: Mail): Promise<void> {
    assertWellFormed(mail);
    const { to, subject, text, html, id = randomUUID() } = mail;
    await this.transport.deliver({
      from: this.from,
      // As an object it is not parsed, and so never several.
      to: { name: '', address: to },
      subject,
      text,
      html,
      messageId: `<${id}@${this.from.address.split('@')[1]}>`,
      // RFC 3834: nobody's out-of-office note need answer.
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
  }

  /**
   * Asks the server whether it would take a mail; for health checks.
   *
   * @throws {MailNotSent}
   */
  check(): Promise<void> {
    return this.transport.check();
  }

  /** After everything that still sends has come to its end. */
  onApplicationShutdown(): void {
    this.transport.close();
  }
}

/** @throws {MailOptionsInvalid} */
function senderOf(from: string): { name: string; address: string } {
  const [sender, ...more] = addressparser(from, { flatten: true });
  if (!sender || more.length > 0 || !/^[^\s@]+@[^\s@]+$/.test(sender.address))
    throw new MailOptionsInvalid('the sender must be one address, such as Shop <shop@example.com>');
  return { name: sender.name, address: sender.address };
}
