/** The words of a mail in one language. Each text is a template of eta, in which `it` has the values. */
export interface MailWords {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /** What the link is called. A mail that has a link has this. */
  readonly action?: string;
  /** Small print below everything. */
  readonly afterword?: readonly string[];
}

/** What templates are filled with; markup in it stays what it is, text. */
export type MailValues = Readonly<Record<string, string | number>>;

/** A mail in several languages, with places for values. English is what everybody gets whose language is missing. */
export interface MailTemplate<V extends MailValues = MailValues> {
  readonly languages: { readonly en: MailWords } & Readonly<Record<string, MailWords>>;
  /** Types only: which values it takes. */
  readonly values?: V;
}

/**
 * Declares a mail.
 *
 * @example
 * export const InvoiceDue = defineMail<{ number: string }>({
 *   en: { subject: 'Invoice <%= it.number %> is due', paragraphs: ['Please pay it.'], action: 'See the invoice' },
 *   de: { subject: 'Rechnung <%= it.number %> ist fällig', paragraphs: ['Bitte bezahlen Sie sie.'], action: 'Ansehen' },
 * });
 */
export function defineMail<V extends MailValues = Record<string, never>>(
  languages: MailTemplate<V>['languages'],
): MailTemplate<V> {
  return { languages };
}
