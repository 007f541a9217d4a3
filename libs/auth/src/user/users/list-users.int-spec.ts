import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import type { Context } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { type Command, CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ActivateUser,
  InviteUser,
  ListUsers,
  ListUsersQuery,
  LockUser,
  type PersonInput,
} from '../../index.js';
import { createAuthDatabase, startContext } from '../../spec-support/auth-app.js';

describe('the list of users', () => {
  let db: TestDatabase;
  let app: INestApplicationContext;
  let count = 0;

  beforeAll(async () => {
    db = await createAuthDatabase();
    app = await startContext(db);
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });

  const execute = <R>(command: Command<R>): Promise<R> =>
    app.get(CommandBus, { strict: false }).execute(command);
  const list = async (query: Record<string, unknown>, context: Context) =>
    app.get(QueryBus, { strict: false }).execute(new ListUsers(context, ListUsersQuery.parse(query)));
  const invite = async (more: Partial<PersonInput>, context: Context) => {
    const person = { email: `person${(count += 1)}@example.com`, ...more };
    return (await execute(new InviteUser(context, person))).streamId;
  };

  it('has who is searched for by how any word of theirs begins, without marks and case', async () => {
    const context = testContext({ tenantId: uuidv7() });
    const muller = await invite(
      { email: 'zoe.muller@corp.example', displayName: 'Zoë Müller-Lüdenscheidt' },
      context,
    );
    const lee = await invite(
      { email: 'x@y.example', userName: 'lee_100%', displayName: 'Bruce Lee' },
      context,
    );
    const found = async (search: string) => (await list({ search }, context)).items.map(({ id }) => id);
    for (const search of ['müll', 'MULLER', 'ludens', 'muller-lüd', 'zoe mul', 'corp.ex', 'zoe.muller@corp'])
      expect([search, await found(search)]).toEqual([search, [muller]]);
    expect(await found('lee_100%')).toEqual([lee]);
    for (const search of ['%', '_', '%mul%', 'm_ller', 'ller', 'zoe lee', "'", '\\', '*', '\u{10FFFF}'])
      expect([search, await found(search)]).toEqual([search, []]);
    expect(await found(' ')).toHaveLength(2);
  });

  it('comes in each order, page by page, and filtered', async () => {
    const context = testContext({ tenantId: uuidv7() });
    const ids: string[] = [];
    for (const name of ['Delta', 'alpha', 'Charlie', 'bravo'])
      ids.push(await invite({ displayName: name, department: name.length > 5 ? 'A' : 'B' }, context));
    await execute(new LockUser(context, { id: ids[0] as string, reason: 'x' }));
    await execute(new ActivateUser(context, { id: ids[1] as string, emailVerified: false }));
    const names = async (query: Record<string, unknown>) => {
      const seen: string[] = [];
      let cursor: string | null | undefined;
      do {
        const page = await list({ ...query, limit: 2, ...(cursor && { cursor }) }, context);
        seen.push(...page.items.map(({ displayName }) => displayName));
        cursor = page.next;
      } while (cursor);
      return seen;
    };
    expect(await names({})).toEqual(['alpha', 'bravo', 'Charlie', 'Delta']);
    expect(await names({ sort: '-displayName' })).toEqual(['Delta', 'Charlie', 'bravo', 'alpha']);
    for (const sort of ['email', 'createdAt'])
      expect(await names({ sort })).toEqual(['Delta', 'alpha', 'Charlie', 'bravo']);
    expect(await names({ sort: '-email' })).toEqual(['bravo', 'Charlie', 'alpha', 'Delta']);
    expect(await names({ status: 'active' })).toEqual(['alpha']);
    expect(await names({ locked: 'true' })).toEqual(['Delta']);
    expect(await names({ locked: 'false', status: 'invited' })).toEqual(['bravo', 'Charlie']);
    expect(await names({ department: 'A' })).toEqual(['Charlie']);
  });
});
