import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MailMalformed, MailNotSent, MailOptionsInvalid, MailRefused, Mailer } from './index.js';
import { MailServer, type MailServerOptions, readMails } from './testing.js';

const from = 'Shop <shop@example.com>';
const mail = { to: 'ada@example.com', subject: 'Grüezi ✓', text: 'Ünïcode\r\n', html: '<p>Ünïcode</p>' };

describe('mail over SMTP', () => {
  let server: MailServer | undefined;
  let mailer: Mailer | undefined;

  async function start(options: MailServerOptions = {}): Promise<MailServer> {
    return (server = await MailServer.start(options));
  }
  function mailerTo(smtp: string, requireTls?: boolean): Mailer {
    return (mailer = new Mailer({ from, transport: { smtp, requireTls } }));
  }
  afterEach(async () => {
    mailer?.onApplicationShutdown();
    await server?.close();
    server = mailer = undefined;
  });

  it('arrives as it was sent, under an id that is the same for every try', async () => {
    const { url, mails } = await start();
    await mailerTo(url, false).send({ ...mail, id: 'delivery-1' });
    expect(mails).toEqual([
      expect.objectContaining({
        to: 'ada@example.com',
        from: '"Shop" <shop@example.com>',
        subject: mail.subject,
        text: 'Ünïcode\n',
        html: expect.stringContaining('<p>Ünïcode</p>'),
      }),
    ]);
    expect(mails[0]?.headers.get('message-id')).toBe('<delivery-1@example.com>');
    expect(mails[0]?.headers.get('auto-submitted')).toBe('auto-generated');
  });

  it('says in time whether the server would take it', async () => {
    const { url } = await start();
    await expect(mailerTo(url, false).check()).resolves.toBeUndefined();
    await server?.close();
    await expect(mailer?.check()).rejects.toThrow(MailNotSent);
    server = undefined;
  });

  it('lets nobody add a header or a receiver', async () => {
    const { url, mails } = await start();
    const to = mailerTo(url, false);
    for (const wrong of [
      { to: 'ada@example.com, mallory@example.com' },
      { to: 'ada@example.com\r\nBcc: mallory@example.com' },
      { to: 'Ada <ada@example.com>' },
      { to: 'ada@example.com>' },
      { to: 'ada' },
      { subject: 'Hello\r\nBcc: mallory@example.com' },
      { subject: 'Hello\u2028Bcc' },
      { subject: '' },
      { id: 'x@y>\r\nBcc: mallory@example.com' },
    ])
      await expect(to.send({ ...mail, ...wrong })).rejects.toThrow(MailMalformed);
    expect(mails).toEqual([]);
  });

  it('reaches every address that a form of the web takes', async () => {
    const { mails } = await start();
    const to = `o'hara+{x}!#$%&*=?^_\`|~@mail.example.com`;
    await mailerTo((server as MailServer).url, false).send({ ...mail, to });
    expect(mails).toMatchObject([{ to }]);
  });

  it('tells what is refused for good from what may go later, and never repeats the address', async () => {
    await start();
    const to = mailerTo((server as MailServer).url, false);
    const refused = async (code: number, status: string): Promise<Error> => {
      Object.assign(server as MailServer, { refuseWith: code, refusalStatus: status });
      return to.send(mail).then(
        () => new Error('taken'),
        (error: Error) => error,
      );
    };
    const forGood = await refused(550, '5.1.1');
    const later = [await refused(451, '4.3.0'), await refused(554, '5.7.1')];
    expect(forGood).toBeInstanceOf(MailRefused);
    for (const error of later) expect(error).toBeInstanceOf(MailNotSent);
    for (const error of [forGood, ...later]) expect(String(error.stack)).not.toContain('ada');
    (server as MailServer).refuseWith = undefined;
    await expect(to.send(mail)).resolves.toBeUndefined();
  });

  it('goes to no server without TLS, or with a certificate that nobody vouches for, unless told to', async () => {
    const { url, mails } = await start();
    await expect(mailerTo(url).send(mail)).rejects.toThrow(MailNotSent);
    mailer?.onApplicationShutdown();
    await expect(mailerTo(`${url}?requireTLS=false`).send(mail)).resolves.toBeUndefined();
    expect(mails).toHaveLength(1);

    const guarded = await MailServer.start({ startTls: true });
    mailer?.onApplicationShutdown();
    await expect(mailerTo(guarded.url).send(mail)).rejects.toThrow(/ESOCKET|ETLS/);
    mailer?.onApplicationShutdown();
    const trusting = `${guarded.url}?tls.rejectUnauthorized=false`;
    await expect(mailerTo(trusting).send(mail)).resolves.toBeUndefined();
    mailer?.onApplicationShutdown();
    await guarded.close();
  });

  it('logs in, and tells wrong credentials apart from a wrong mail', async () => {
    const { url } = await start({ login: { user: 'shop', password: 'p@ss word' } });
    const { host } = new URL(url);
    const right = `smtp://shop:${encodeURIComponent('p@ss word')}@${host}`;
    await expect(mailerTo(right, false).send(mail)).resolves.toBeUndefined();
    mailer?.onApplicationShutdown();
    await expect(mailerTo(`smtp://shop:wrong@${host}`, false).send(mail)).rejects.toThrow(MailNotSent);
  });

  it.each(['mail.example.com:25', 'http://mail.example.com', 'smtp://'])('does not start with %s', (smtp) => {
    expect(() => mailerTo(smtp)).toThrow(MailOptionsInvalid);
  });

  it.each(['', 'Shop', 'a@example.com, b@example.com'])('does not start as “%s”', (sender) => {
    expect(() => new Mailer({ from: sender, transport: { directory: 'x' } })).toThrow(MailOptionsInvalid);
  });
});

describe('mail in a directory', () => {
  it('is one file each, for its owner only, that mail programs read', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'acci-mail-'));
    const directory = join(parent, 'deep', 'mail');
    try {
      expect(await readMails(directory)).toEqual([]);
      const mailer = new Mailer({ from, transport: { directory } });
      await mailer.check();
      await mailer.send(mail);
      await mailer.send({ ...mail, to: 'bob@example.com' });
      expect(await readMails(directory)).toMatchObject([
        { to: 'ada@example.com' },
        { to: 'bob@example.com' },
      ]);
      const names = await readdir(directory);
      expect(names.every((name) => /^\d{4}-.*\.eml$/.test(name))).toBe(true);
      expect((await stat(directory)).mode & 0o777).toBe(0o700);
      for (const name of names) expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
    } finally {
      await rm(parent, { recursive: true });
    }
  });
});
