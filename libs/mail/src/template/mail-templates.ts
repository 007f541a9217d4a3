import { Inject, Injectable } from '@nestjs/common';
import { Eta, type TemplateFunction } from 'eta/core';
import { MailMalformed } from '../mail.errors.js';
import type { Mail } from '../mail.js';
import { type MailModuleOptions, MODULE_OPTIONS_TOKEN } from '../mail.options.js';
import { defaultLayout, type LayoutValues } from './layout.js';
import type { MailTemplate, MailValues, MailWords } from './mail-template.js';

/** What a template is filled with. */
export interface MailFilling<V extends MailValues = MailValues> {
  /** The reader's language, as a BCP 47 tag such as `de-CH`. */
  readonly locale: string;
  /** Whose mail this is, shown above it: the tenant's name. */
  readonly sender: string;
  readonly values: V;
  /** Where the mail's action leads; `http` or `https`. */
  readonly link?: string;
}

/** Makes mails from templates: text and HTML from the same words. */
@Injectable()
export class MailTemplates {
  // No files and no network: eta's core knows neither.
  private readonly plain = new Eta({ autoEscape: false, autoTrim: false });
  private readonly escaping = new Eta({ autoEscape: true, autoTrim: false });
  private readonly layout: { readonly text: TemplateFunction; readonly html: TemplateFunction };
  private readonly compiled = new Map<string, TemplateFunction>();

  constructor(@Inject(MODULE_OPTIONS_TOKEN) { layout = defaultLayout }: MailModuleOptions) {
    this.layout = { text: this.plain.compile(layout.text), html: this.escaping.compile(layout.html) };
  }

  /**
   * Fills a template in the reader's language: of `de-CH` and `de` whichever there is, or else in English.
   *
   * @throws {MailMalformed} for a value that a template asks for and is not given, and for a link that is none.
   * @example
   * const words = templates.fill(InvoiceDue, { locale: 'de', sender: 'Acme', values: { number: 'R-7' }, link });
   * await mailer.send({ to, ...words });
   */
  fill<V extends MailValues>(
    template: MailTemplate<V>,
    { locale, sender, values, link }: MailFilling<V>,
  ): Pick<Mail, 'subject' | 'text' | 'html'> {
    const { language, words } = wordsFor(template, locale);
    const given = strict(values);
    const say = (text: string) => this.plain.render(this.compile(text), given);
    const { action } = words;
    if ((action === undefined) !== (link === undefined))
      throw new MailMalformed('link', 'must be there if, and only if, the template has an action');
    const filled: LayoutValues = {
      language,
      sender: oneLine(sender),
      subject: say(words.subject),
      paragraphs: words.paragraphs.map(say),
      action:
        action !== undefined && link !== undefined ? { label: say(action), link: webLink(link) } : undefined,
      afterword: (words.afterword ?? []).map(say),
    };
    return {
      subject: filled.subject,
      text: this.plain.render(this.layout.text, filled),
      html: this.escaping.render(this.layout.html, filled),
    };
  }

  private compile(text: string): TemplateFunction {
    const known = this.compiled.get(text) ?? this.plain.compile(text);
    this.compiled.set(text, known);
    return known;
  }
}

function wordsFor({ languages }: MailTemplate, locale: string): { language: string; words: MailWords } {
  for (const language of [locale, locale.split('-')[0] ?? '']) {
    const words = Object.hasOwn(languages, language) ? languages[language] : undefined;
    if (words) return { language, words };
  }
  return { language: 'en', words: languages.en };
}

/** Values as templates see them: each on one line, and an error instead of `undefined` for one that is missing. */
function strict(values: MailValues): MailValues {
  return new Proxy(values, {
    get: (given, name) => {
      if (typeof name !== 'string' || !Object.hasOwn(given, name))
        throw new MailMalformed(`value ${String(name)}`, 'is missing');
      return oneLine(String(given[name]));
    },
  });
}

/**
 * A value without line breaks and other control characters, which could start a header or a paragraph of its own, and
 * without those that turn the direction of writing.
 */
function oneLine(value: string): string {
  return value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u{202A}-\u{202E}\u{2066}-\u{2069}]+/gu, ' ').trim();
}

function webLink(link: string): string {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || /[\s"<>]/.test(link))
    throw new MailMalformed('link', 'must be a link into the web');
  return link;
}
