import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import type { Context } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  CreateUser,
  GetUser,
  InviteUser,
  ListUsers,
  ListUsersQuery,
  type PersonInput,
  UserAccounts,
} from '../index.js';
import { createAuthDatabase, startContext } from './auth-app.js';

/** The users of a tenant, and how tests make and ask for them without HTTP. */
export class UsersOfTenant {
  readonly ctx = testContext({ tenantId: uuidv7() });
  private count = 0;

  private constructor(
    readonly db: TestDatabase,
    readonly app: INestApplicationContext,
  ) {}

  static async start(): Promise<UsersOfTenant> {
    const db = await createAuthDatabase();
    return new UsersOfTenant(db, await startContext(db));
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.db.close();
  }

  get accounts(): UserAccounts {
    return this.app.get(UserAccounts);
  }

  execute = <R>(command: Command<R>): Promise<R> =>
    this.app.get(CommandBus, { strict: false }).execute(command);

  get = (id: string, context: Context = this.ctx) =>
    this.app.get(QueryBus, { strict: false }).execute(new GetUser(context, id));

  list = (query: Record<string, unknown>, context: Context = this.ctx) =>
    this.app.get(QueryBus, { strict: false }).execute(new ListUsers(context, ListUsersQuery.parse(query)));

  invite = async (more: Partial<PersonInput> = {}, context: Context = this.ctx): Promise<string> =>
    (await this.execute(new InviteUser(context, this.somebody(more)))).streamId;

  create = async (more: Partial<PersonInput> = {}, context: Context = this.ctx): Promise<string> =>
    (await this.execute(new CreateUser(context, { ...this.somebody(more), emailVerified: true }))).streamId;

  eventsOf = (id: string) =>
    this.db.admin<{ type: string; data: Record<string, unknown> }>(
      'select type, data from acci.events where stream_id = $1 order by version',
      [id],
    );

  /** Somebody whose address nobody else has. */
  private somebody(more: Partial<PersonInput>): PersonInput {
    return { email: `person${(this.count += 1)}@example.com`, displayName: 'Somebody', ...more };
  }
}
