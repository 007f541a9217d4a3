import { MailMalformed } from './mail.errors.js';

/**
 * A mail to one person.
 *
 * @example
 * const mail: Mail = { to: 'ada@example.com', subject: 'Your invoice', text: 'It is attached to nothing.' };
 */
export interface Mail {
  /** One address, without a name. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  /**
   * What makes two mails the same one, such as the id of a delivery that is tried again: it becomes the `Message-ID`,
   * by which mailboxes and people tell. Letters, digits, dots and hyphens. Default: another one each time.
   */
  readonly id?: string;
}

// Stricter than RFC 5322: no quoted local parts, comments or address literals, which nobody has and filters disagree on.
const address = /^[^\s@<>()[\]\\,;:"\p{C}]{1,64}@[^\s@<>()[\]\\,;:"\p{C}]{1,255}$/u;

/**
 * Makes sure that the parts which become headers are one line and one address.
 *
 * @throws {MailMalformed}
 */
export function assertWellFormed({ to, subject, id }: Mail): void {
  if (!address.test(to)) throw new MailMalformed('receiver', 'must be one address');
  if (subject.trim() === '' || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(subject))
    throw new MailMalformed('subject', 'must be one line');
  if (id !== undefined && !/^[\w.-]{1,100}$/.test(id))
    throw new MailMalformed('id', 'must be letters, digits, dots and hyphens');
}
