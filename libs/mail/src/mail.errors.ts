/**
 * Something that was to become a header of a mail could be read as more than that: a line break in a subject, or more
 * than one address. It never becomes a mail, however often it is tried.
 *
 * @example
 * await mailer.send({ to: 'ada@example.com, mallory@example.com', subject, text }); // throws MailMalformed
 */
export class MailMalformed extends Error {
  override readonly name = 'MailMalformed';
  readonly code = 'mail.malformed';
  readonly kind = 'invalid';

  /** @param part what of the mail is wrong; its value is not repeated. */
  constructor(part: string, reason: string) {
    super(`The mail's ${part} ${reason}`);
  }
}

/** The mail server refused the receiver's address for good: sent again, the mail would be refused again. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
  readonly code = 'mail.refused';
  readonly kind = 'invalid';

  /** @param reply the reply code of the server, such as 550. Its words are left out: they quote the address. */
  constructor(reply: number) {
    super(`The mail server refused the mail (${reply})`);
  }
}

/** The mail could not be handed over now: the server is not there, is busy, or lacks the TLS that is required. */
export class MailNotSent extends Error {
  override readonly name = 'MailNotSent';
  readonly code = 'mail.not_sent';
  readonly kind = 'unavailable';

  /** @param reason a code, such as `ESOCKET ECONNREFUSED` or `EENVELOPE 451`. */
  constructor(reason: string) {
    super(`The mail could not be handed over (${reason})`);
  }
}

/** `MailModule` cannot work as it is set up. Thrown at boot. */
export class MailOptionsInvalid extends Error {
  override readonly name = 'MailOptionsInvalid';
  readonly code = 'mail.options.invalid';

  constructor(reason: string) {
    super(`Mail is not set up: ${reason}`);
  }
}
