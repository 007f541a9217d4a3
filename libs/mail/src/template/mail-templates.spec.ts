import { defaultLayout, defineMail, MailMalformed, MailTemplates, type MailModuleOptions } from '../index.js';

const Due = defineMail<{ number: string }>({
  en: {
    subject: 'Invoice <%= it.number %> is due',
    paragraphs: ['Pay <%= it.number %>.', 'Thank you.'],
    action: 'See it',
    afterword: ['Small print.'],
  },
  de: { subject: 'Rechnung <%= it.number %> ist fällig', paragraphs: ['Zahlen.'], action: 'Ansehen' },
});
const Told = defineMail({ en: { subject: 'Something changed', paragraphs: ['It did.'] } });

const options: MailModuleOptions = { from: 'a@example.com', transport: { directory: 'unused' } };
const templates = new MailTemplates(options);
const link = 'https://example.com/a?b=1&c=2#t=x';
const filling = { locale: 'en', sender: 'Acme Ltd', values: { number: 'R-7' }, link };

describe('mail templates', () => {
  it('make text and HTML of the same words', () => {
    const { subject, text, html } = templates.fill(Due, filling);
    expect(subject).toBe('Invoice R-7 is due');
    expect(text).toBe(
      `Acme Ltd\n\n\nPay R-7.\n\nThank you.\n\n\nSee it:\n${link}\n\n\n-- \nSmall print.\n\n`,
    );
    expect(html).toContain('<html lang="en">');
    for (const words of ['Acme Ltd', 'Pay R-7.', 'Thank you.', 'See it', 'Small print.'])
      expect(html).toContain(words);
    expect(html).toContain('href="https://example.com/a?b=1&amp;c=2#t=x"');
    expect(html).not.toMatch(/<(script|img|link|iframe)/);
  });

  it('leave out the link and small print that a mail does not have', () => {
    const { text, html } = templates.fill(Told, { locale: 'en', sender: 'Acme', values: {} });
    expect(text).toBe('Acme\n\n\nIt did.\n\n\n');
    expect(html).not.toMatch(/<a |<hr/);
  });

  it.each([
    ['de', 'de'],
    ['de-CH', 'de'],
    ['fr', 'en'],
    ['constructor', 'en'],
    ['', 'en'],
  ])('speak %s as %s', (locale, language) => {
    const { subject, html } = templates.fill(Due, { ...filling, locale });
    expect(subject).toMatch(language === 'de' ? /^Rechnung/ : /^Invoice/);
    expect(html).toContain(`lang="${language}"`);
  });

  it('take markup in a value, or in the name of a sender, for text', () => {
    const evil = `<script>alert("1")</script>'&`;
    const { text, html } = templates.fill(Due, { ...filling, sender: evil, values: { number: evil } });
    expect(html).not.toContain('<script>');
    expect(html?.split('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;')).toHaveLength(4);
    expect(text).toContain(evil);
  });

  it('take the code of a template in a value for text', () => {
    const { text } = templates.fill(Due, { ...filling, values: { number: '<%= it.secret %>' } });
    expect(text).toContain('Pay <%= it.secret %>.');
  });

  it('let no value begin a line of its own, nor turn the direction of writing', () => {
    const evil = 'R-7\r\nBcc: x@example.com\u2028\u202Etxt';
    const { subject, text } = templates.fill(Due, { ...filling, sender: evil, values: { number: evil } });
    expect(subject).toBe('Invoice R-7 Bcc: x@example.com txt is due');
    expect(text.split('\n')[0]).toBe('R-7 Bcc: x@example.com txt');
  });

  it('fail over a value that is missing rather than say “undefined”', () => {
    const values = {} as { number: string };
    expect(() => templates.fill(Due, { ...filling, values })).toThrow(MailMalformed);
  });

  it.each(['javascript:alert(1)', 'example.com', 'https://example.com/ x', 'https://example.com/"onclick='])(
    'lead to no such place as %s',
    (link) => expect(() => templates.fill(Due, { ...filling, link })).toThrow(MailMalformed),
  );

  it('want a link where there is something to do, and none where there is not', () => {
    const { link: _link, ...without } = filling;
    expect(() => templates.fill(Due, without)).toThrow(MailMalformed);
    expect(() => templates.fill(Told, { ...filling, values: {} })).toThrow(MailMalformed);
  });

  it('can have a layout of the app’s own', () => {
    const layout = { ...defaultLayout, html: '<b><%= it.subject %></b>' };
    const own = new MailTemplates({ ...options, layout });
    expect(own.fill(Due, { ...filling, values: { number: '<7>' } }).html).toBe(
      '<b>Invoice &lt;7&gt; is due</b>',
    );
  });
});
