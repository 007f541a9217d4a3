import type { TestDatabase } from '@acci/database/testing';
import { DomainError, PersonalData } from '@acci/event-store';
import type { INestApplicationContext } from '@nestjs/common';
import { DeactivateUser, DeleteGroup, DeleteUser, type Grantor, LockUser } from '../index.js';
import { createAuthDatabase, startContext } from '../spec-support/auth-app.js';
import { Grantors, program } from '../spec-support/grantors.js';
import { contextIn } from '../spec-support/log-in.js';

let db: TestDatabase;
let processes: INestApplicationContext[];

beforeAll(async () => {
  db = await createAuthDatabase();
  processes = await Promise.all([startContext(db), startContext(db)]);
});
afterAll(async () => {
  await Promise.all(processes.map((app) => app.close()));
  await db.close();
});

/** An owner, by themselves or by a group that is named. */
interface Owner {
  readonly id: string;
  readonly group: string | undefined;
}

type Way = (tenant: Grantors, by: Grantor, owner: Owner) => Promise<unknown>;

/** What an owner can do to another one so that they are none any more. */
const ways: readonly Way[] = [
  (t, by, { id }) => t.execute(new DeactivateUser(contextIn(t.tenantId), { id }, by)),
  (t, by, { id }) => t.execute(new LockUser(contextIn(t.tenantId), { id, reason: 'test' }, by)),
  (t, by, { id }) => t.execute(new DeleteUser(contextIn(t.tenantId), { id }, by)),
  (t, _by, { id }) => t.app.get(PersonalData, { strict: false }).forget(contextIn(t.tenantId), id),
  (t, by, { id, group }) =>
    group === undefined ? t.setUser(id, 'owner', false, by) : t.setMember(group, id, false, by),
  (t, by, { id, group }) =>
    group === undefined
      ? t.setUser(id, 'owner', false, by)
      : t.set({ type: 'group', id: group }, 'owner', false, by),
  (t, by, { id, group }) =>
    group === undefined
      ? t.execute(new DeleteUser(contextIn(t.tenantId), { id }, by))
      : t.execute(new DeleteGroup(contextIn(t.tenantId), by, { id: group })),
];

/** What is true of the tables, said in other words than the guard's. */
const ownersOf = (tenantId: string) =>
  db.admin<{ id: string }>(
    `select distinct u.id
       from acci.users u
       left join acci.group_members m on (m.tenant_id, m.user_id) = (u.tenant_id, u.id)
       join acci.role_assignments a on a.tenant_id = u.tenant_id and a.role_id = 'owner'
        and (a.principal_type, a.principal_id) in (('user', u.id), ('group', m.group_id))
      where u.tenant_id = $1 and u.status = 'active' and u.locked_at is null`,
    [tenantId],
  );

const allowed = [
  'auth.tenant.last_owner',
  // Whoever comes second finds them gone, or is an owner no more.
  'auth.permission.not_held',
  'auth.user.not_found',
  'auth.group.not_found',
  'auth.user.already_deactivated',
  'auth.user.locked',
  'event_store.subject.forgotten',
];

it('An owner stays, whichever way two remove each other from two processes, many times at once', async () => {
  let removed = 0;
  for (let round = 0; round < ways.length * 2; round += 1) {
    const [process, another] = processes as [INestApplicationContext, INestApplicationContext];
    const here = await Grantors.start(process);
    const there = new Grantors(another, here.tenantId);
    const owner = async (byGroup: boolean): Promise<Owner> => {
      if (!byGroup) return { id: await here.user('owner'), group: undefined };
      const id = await here.user();
      return { id, group: await here.group(['owner'], [id]) };
    };
    const [one, other] = [await owner(round % 4 < 2), await owner(round % 3 === 0)];
    // Programs ask nobody: only the guard stands in their way.
    const [asOne, asOther] =
      round % 2 === 0 ? [await here.as(one.id), await here.as(other.id)] : [program, program];
    const way = (offset: number): Way => ways[(round + offset) % ways.length] as Way;
    const tries = Array.from({ length: 4 }, (_, turn) => [
      way(turn)(here, asOne, other),
      way(turn * 3)(there, asOther, one),
    ]).flat();
    const results = await Promise.allSettled(tries);
    const codes = results.flatMap((result) =>
      result.status === 'rejected'
        ? [result.reason instanceof DomainError ? result.reason.code : result.reason]
        : [],
    );
    expect(allowed).toEqual(expect.arrayContaining([...new Set(codes)]));
    expect(await ownersOf(here.tenantId)).toHaveLength(1);
    removed += tries.length - codes.length;
  }
  // Somebody went each time: that nothing is possible would keep an owner as well.
  expect(removed).toBeGreaterThanOrEqual(ways.length * 2);
});
