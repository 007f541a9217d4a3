import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MailTemplates, type MailTemplate } from '@acci/mail';
import * as mails from './user-mails.js';

const templates = new MailTemplates({ from: 'a@example.com', transport: { directory: 'unused' } });
const values = { days: 7, hours: 24, minutes: 30 };

function fill(template: MailTemplate, locale: string, tenant = 'Acme Ltd', link = 'https://example.com/') {
  const [first] = Object.values(template.languages);
  return templates.fill(template, {
    locale,
    sender: tenant,
    values: { ...values, tenant },
    ...(first?.action !== undefined && { link }),
  });
}

describe.each(Object.entries(mails as Record<string, MailTemplate>))('%s', (_name, template) => {
  it.each(['en', 'de'])('is whole in %s, and says whose it is', (locale) => {
    const { subject, text, html } = fill(template, locale);
    expect(Object.keys(template.languages).sort()).toEqual(['de', 'en']);
    expect(subject).toContain('Acme Ltd');
    expect(text.split('\n')[0]).toBe('Acme Ltd');
    expect(text + html).not.toMatch(/undefined|<%|\bit\.[a-z]/);
  });

  it('is another text in each language', () => {
    expect(fill(template, 'en').text).not.toBe(fill(template, 'de').text);
  });
});

it('docs/auth/mail.md shows an invitation as it is sent', async () => {
  const docs = await readFile(join(import.meta.dirname, '../../../../docs/auth/mail.md'), 'utf8');
  const [link] = /^http\S+accept-invitation\S+$/m.exec(docs) ?? [];
  const { subject, text } = fill(mails.InvitationMail, 'en', 'Acme Ltd (demo)', link);
  // Editors take trailing spaces out of documents.
  const shown = text.trimEnd().replaceAll(/ +$/gm, '');
  expect(docs).toContain(`\nSubject: ${subject}\n\n${shown}\n\`\`\`\n`);
});
