import type { SendMailOptions } from 'nodemailer';

/** Where mails go: an SMTP server, or files. */
export interface MailTransport {
  /**
   * Returns when somebody else is answerable for the mail.
   *
   * @throws {MailRefused} {@link MailNotSent}
   */
  deliver(message: SendMailOptions): Promise<void>;
  /** @throws {MailNotSent} if a mail could not be handed over now. */
  check(): Promise<void>;
  close(): void;
}

/** Templates and callers make the content; nothing in it can make us read a file or fetch an address. */
export const sealed = { disableFileAccess: true, disableUrlAccess: true } as const;
