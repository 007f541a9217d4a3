import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { simpleParser } from 'mailparser';

/** A mail as its receiver sees it. */
export interface ReceivedMail {
  /** The address that it was handed over for; several are separated by commas. */
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  /** Empty for a mail without HTML. */
  readonly html: string;
  /** The addresses of the web in its text. */
  readonly links: readonly string[];
  /** Lower-case names and values as they came, one line each. */
  readonly headers: ReadonlyMap<string, string>;
}

/**
 * Reads a mail from its source.
 *
 * @param receivers whom the envelope names; default: the `To` header.
 */
export async function readMail(
  source: Readable | Buffer,
  receivers?: readonly string[],
): Promise<ReceivedMail> {
  const mail = await simpleParser(source, { skipHtmlToText: true, skipTextToHtml: true });
  const headers = new Map(
    mail.headerLines.map(({ key, line }) => [key, line.slice(line.indexOf(':') + 1).trim()]),
  );
  const text = mail.text ?? '';
  return {
    to: receivers?.join(', ') ?? headers.get('to') ?? '',
    from: mail.from?.text ?? '',
    subject: mail.subject ?? '',
    text,
    html: mail.html || '',
    links: text.match(/https?:\/\/\S+/g) ?? [],
    headers,
  };
}

/**
 * The mails that `transport: { directory }` has written, oldest first; none if the directory does not exist.
 *
 * @example
 * const [mail] = await readMails('.acci/mail');
 */
export async function readMails(directory: string): Promise<ReceivedMail[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.eml')).sort();
  return Promise.all(files.map(async (name) => readMail(await readFile(join(directory, name)))));
}
