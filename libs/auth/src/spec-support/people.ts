import { uuidv7 } from '@acci/database';
import type { Context } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { createTenants } from '@acci/tenancy/testing';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { AuthModuleOptions } from '../index.js';
import { CreateUser } from '../user/commands/create-user.command.js';
import { InviteUser } from '../user/commands/invite-user.command.js';
import { LockUser } from '../user/commands/lock-user.command.js';
import type { UserResponse } from '../user/user.schemas.js';
import { GetUser } from '../user/users/get-user.query.js';
import type { Answer } from './auth-app.js';
import { MailApp, tokenIn } from './mail-app.js';

/** The password that everybody here has. */
export const password = 'nine plum trees in a row';

/** What every token that opens nothing is answered with. */
export const invalidToken = { status: 422, body: { code: 'auth.one_time_token.invalid' } };

/** The people of one tenant, where everybody may register, and how they get in. */
export class People {
  private constructor(
    readonly app: MailApp,
    readonly ctx: Context,
    readonly slug: string,
  ) {}

  static async start(options: AuthModuleOptions = {}): Promise<People> {
    const app = await MailApp.start(options);
    const slug = `acme-${uuidv7()}`;
    const settings = { selfRegistration: true };
    const [tenantId = ''] = await createTenants(app.app, 1, { slug, name: 'Acme', settings });
    return new People(app, testContext({ tenantId }), slug);
  }

  get commands(): CommandBus {
    return this.app.get(CommandBus);
  }

  /** Posts to `/v1/auth/…`, as nobody. */
  post(path: string, body: object, headers?: Record<string, string>): Promise<Answer> {
    return this.app.server.send('POST', `/v1/auth/${path}`, undefined, body, headers);
  }

  anEmail(): string {
    return `${uuidv7()}@example.com`;
  }

  get(id: string): Promise<UserResponse> {
    return this.app.get(QueryBus).execute(new GetUser(this.ctx, id));
  }

  /** How many mails came to an address so far. */
  mailsTo(email: string): number {
    return this.app.mail.mails.filter(({ to }) => to === email).length;
  }

  /** The token in the next mail to an address. */
  async tokenTo(email: string): Promise<string> {
    return tokenIn(await this.app.mail.next(email));
  }

  async invited(ctx: Context = this.ctx): Promise<{ id: string; email: string; token: string }> {
    const email = this.anEmail();
    const { streamId: id } = await this.commands.execute(new InviteUser(ctx, { email }));
    return { id, email, token: await this.tokenTo(email) };
  }

  /** Somebody who may log in, and has no password. */
  async active(
    ctx: Context = this.ctx,
    more: { readonly userName?: string } = {},
  ): Promise<{ id: string; email: string }> {
    const email = this.anEmail();
    const person = { email, emailVerified: true, ...more };
    const { streamId: id } = await this.commands.execute(new CreateUser(ctx, person));
    return { id, email };
  }

  async lock(id: string): Promise<void> {
    await this.commands.execute(new LockUser(this.ctx, { id, reason: 'stolen laptop' }));
  }

  logIn(login: string, secret = password): Promise<Answer> {
    return this.post('login', { tenant: this.slug, login, password: secret, as: 'token' });
  }

  /** Somebody with a password, in a session. */
  async loggedIn() {
    const { id, email, token } = await this.invited();
    await this.post('invitations:accept', { token, password });
    const { body: session } = await this.logIn(email);
    const as = (method: string, path: string, body?: object) =>
      this.app.server.send(method, path, session.token, body);
    return { id, email, as };
  }

  /** Asks for a link to a new password, and takes it out of the mail. */
  async resetToken(email: string): Promise<string> {
    await this.post('password-resets', { tenant: this.slug, login: email });
    return this.tokenTo(email);
  }

  /** The tables of the database that have one of the texts somewhere. */
  async tablesWith(secrets: readonly string[]): Promise<string[]> {
    const tables = await this.app.db.admin<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'acci'`,
    );
    const found: string[] = [];
    for (const secret of secrets)
      for (const { name } of tables) {
        const rows = await this.app.db.admin(
          `select 1 from ${name} t where strpos(t::text, $1) > 0 limit 1`,
          [secret],
        );
        if (rows.length > 0) found.push(name);
      }
    return found;
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
