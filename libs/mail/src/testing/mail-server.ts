import type { AddressInfo } from 'node:net';
import { callbackify } from 'node:util';
import { SMTPServer } from 'smtp-server';
import { type ReceivedMail, readMail } from './received-mail.js';

/** How a {@link MailServer} behaves. */
export interface MailServerOptions {
  /** Whether it offers STARTTLS, under a certificate that nobody trusts. Default false. */
  readonly startTls?: boolean;
  /** Whom it lets in; default everybody. */
  readonly login?: { readonly user: string; readonly password: string };
}

/**
 * A real SMTP server that keeps what it takes, for tests.
 *
 * @example
 * const server = await MailServer.start();
 * // MailModule.forRoot({ from, transport: { smtp: server.url, requireTls: false } })
 * const { subject, links } = await server.next('ada@example.com');
 * await server.close();
 */
export class MailServer {
  /** Every mail that was taken, oldest first. */
  readonly mails: ReceivedMail[] = [];
  /** The reply code for the next receivers instead of taking them, such as 451 or 550; undefined to take them. */
  refuseWith: number | undefined;
  /** The enhanced status (RFC 3463) of that reply. */
  refusalStatus = '5.1.1';
  /** How many of the next mails are taken without the sender learning of it, as when a connection breaks then. */
  unsaid = 0;
  private readonly handedOut = new WeakSet<ReceivedMail>();
  private readonly waiting = new Set<() => void>();
  private readonly server: SMTPServer;

  private constructor({ startTls = false, login }: MailServerOptions) {
    this.server = new SMTPServer({
      logger: false,
      disabledCommands: [...(startTls ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
      authOptional: !login,
      allowInsecureAuth: true,
      disableReverseLookup: true,
      onAuth: ({ username, password }, _session, done) => {
        if (username === login?.user && password === login?.password) done(null, { user: username });
        else done(new Error('Wrong user or password'));
      },
      onRcptTo: ({ address }, _session, done) => {
        const responseCode = this.refuseWith;
        // As real servers do, it quotes the address.
        const refused = () =>
          Object.assign(new Error(`${this.refusalStatus} <${address}>`), { responseCode });
        done(responseCode === undefined ? null : refused());
      },
      onData: (stream, { envelope }, done) => {
        const take = async () => {
          const receivers = envelope.rcptTo.map(({ address }) => address);
          this.mails.push(await readMail(stream, receivers));
          for (const look of this.waiting) look();
          if (this.unsaid === 0) return;
          this.unsaid -= 1;
          throw Object.assign(new Error('Try again'), { responseCode: 451 });
        };
        callbackify(take)(done);
      },
    });
  }

  /** Starts one on a free port of this machine. */
  static async start(options: MailServerOptions = {}): Promise<MailServer> {
    const started = new MailServer(options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    started.server.once('error', reject);
    started.server.listen(0, '127.0.0.1', resolve);
    await promise;
    return started;
  }

  /** Where it is, without user and password. */
  get url(): string {
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  /**
   * The first mail to an address that was not handed out yet; waits for it.
   *
   * @param timeoutMs how long to wait; default 10,000.
   * @throws Error if none comes.
   */
  async next(to: string, timeoutMs = 10_000): Promise<ReceivedMail> {
    const { promise, resolve, reject } = Promise.withResolvers<ReceivedMail>();
    const look = () => {
      const mail = this.mails.find((mail) => mail.to === to && !this.handedOut.has(mail));
      if (!mail) return;
      this.handedOut.add(mail);
      resolve(mail);
    };
    const timer = setTimeout(() => reject(new Error(`No mail to ${to} within ${timeoutMs} ms`)), timeoutMs);
    this.waiting.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.waiting.delete(look);
    }
  }

  /** Ends it; connections that are open are ended as well. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.server.close(resolve);
    for (const connection of this.server.connections) connection.close();
    await promise;
  }
}
