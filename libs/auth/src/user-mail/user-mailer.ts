import {
  Mailer,
  MailMalformed,
  MailRefused,
  type MailTemplate,
  MailTemplates,
  type MailValues,
} from '@acci/mail';
import type { KnownTenant } from '@acci/tenancy';
import { Injectable, Logger } from '@nestjs/common';

/** A mail to a user. */
export interface UserMail {
  readonly tenant: KnownTenant;
  readonly userId: string;
  readonly to: string;
  /** The user's own language; null for the tenant's. */
  readonly locale: string | null;
  readonly values?: MailValues;
  readonly link?: string;
  /** The same for every try. */
  readonly id: string;
}

/** Sends mails to users in the name of their tenant. */
@Injectable()
export class UserMailer {
  private readonly logger = new Logger(UserMailer.name);

  constructor(
    private readonly templates: MailTemplates,
    private readonly mailer: Mailer,
  ) {}

  /**
   * Sends a mail, unless it can never arrive: an address that does not exist must not hold up what is mailed to the same
   * user later, to another one.
   *
   * @throws {MailNotSent} if it did not work now.
   */
  async send(template: MailTemplate, mail: UserMail): Promise<void> {
    const { tenant, userId, to, link, id } = mail;
    const { locale } = tenant.settings;
    const words = this.templates.fill(template, {
      locale: mail.locale ?? (typeof locale === 'string' ? locale : 'en'),
      sender: tenant.name,
      values: { tenant: tenant.name, ...mail.values },
      ...(link !== undefined && { link }),
    });
    try {
      await this.mailer.send({ to, ...words, id });
    } catch (error) {
      if (!(error instanceof MailRefused || error instanceof MailMalformed)) throw error;
      this.logger.warn(`Not mailed to user ${userId} of tenant ${tenant.id}: ${error.message}`);
    }
  }
}
