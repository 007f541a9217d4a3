import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { bankStore, createTestDatabase } from '../fixtures/bank.js';
import { Course, CourseOffered, enrol, Enrolment, StudentEnrolled } from '../fixtures/examples/courses.js';
import { ConsistencyViolated, tag, TooManyTags, type EventQuery, type EventStore } from '../index.js';
import { testContext } from '../testing/context.js';

let db: TestDatabase;
let store: EventStore;
beforeAll(async () => {
  db = await createTestDatabase({ pool: { max: 20 } });
  store = bankStore(db.database, [Course, Enrolment]);
});
afterAll(() => db.close());

const ctx = testContext();
const aboutCourse = (id: string) => ({ tags: [tag('course', id)] });
const aboutStudent = (id: string) => ({ tags: [tag('student', id)] });

async function offer(places: number, context = ctx): Promise<string> {
  const id = uuidv7();
  await store.save(context, Course.offer(id, places));
  return id;
}

async function count(query: EventQuery): Promise<number> {
  return (await store.query(ctx, query)).events.length;
}

/** Saves an enrolment unless something has come that the query did not see. */
async function tryEnrol(query: EventQuery & { after: undefined }, courseId: string, studentId = uuidv7()) {
  return store.save(ctx, Enrolment.make(courseId, studentId), { unless: query });
}

/** Enrols in a transaction that has its place in the log already, and commits when it is told to. */
async function begunEnrolment(courseId: string): Promise<() => Promise<void>> {
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const done = db.database.inTenant(ctx.tenantId, async (tx) => {
    await store.save(ctx, Enrolment.make(courseId, uuidv7()));
    await tx.flush();
    begun.resolve();
    await go.promise;
  });
  await Promise.race([begun.promise, done]);
  return async () => {
    go.resolve();
    await done;
  };
}

describe('a query by tags', () => {
  it('finds what has all tags of one of the criteria, and one of its types, in the order of the log', async () => {
    const [one, two] = [await offer(9), await offer(9)];
    const [ada, bob] = [uuidv7(), uuidv7()];
    await enrol(store, ctx, one, ada);
    await enrol(store, ctx, two, ada);
    await enrol(store, ctx, one, bob);

    const found = async (query: EventQuery) =>
      (await store.query(ctx, query)).events.map(({ type, data }) => [type, data]);
    const offered = [CourseOffered.type, { courseId: one, places: 9 }];
    const enrolled = (courseId: string, studentId: string) => [StudentEnrolled.type, { courseId, studentId }];
    expect(await found(aboutCourse(one))).toEqual([offered, enrolled(one, ada), enrolled(one, bob)]);
    expect(await found({ ...aboutCourse(one), types: [StudentEnrolled.type] })).toEqual([
      enrolled(one, ada),
      enrolled(one, bob),
    ]);
    expect(await found({ tags: [tag('student', ada), tag('course', one)] })).toEqual([enrolled(one, ada)]);
    expect(await found({ anyOf: [aboutStudent(ada), aboutCourse(one)] })).toEqual([
      offered,
      enrolled(one, ada),
      enrolled(two, ada),
      enrolled(one, bob),
    ]);
    expect(await found({ types: [CourseOffered.type], tags: [tag('student', ada)] })).toEqual([]);
    expect(await found({ anyOf: [] })).toEqual([]);
  });

  it('may go without tags, and see the whole tenant', async () => {
    const own = testContext();
    const one = await offer(9, own);
    await enrol(store, own, one, uuidv7());
    const { events } = await store.query(own, { types: [CourseOffered.type] });
    expect(events.map(({ streamId }) => streamId)).toEqual([one]);
    expect((await store.query(own, {})).events).toHaveLength(2);
    const mixed = { anyOf: [{ types: [CourseOffered.type] }, aboutCourse(one)] };
    expect((await store.query(own, mixed)).events).toHaveLength(2);
  });

  it('goes on where it was', async () => {
    const id = await offer(9);
    for (let students = 0; students < 4; students += 1) await enrol(store, ctx, id, uuidv7());
    const all = await store.query(ctx, aboutCourse(id));
    const first = await store.query(ctx, aboutCourse(id), { limit: 2 });
    const second = await store.query(ctx, aboutCourse(id), { after: first.position, limit: 3 });
    const end = await store.query(ctx, aboutCourse(id), { after: second.position });
    expect([...first.events, ...second.events]).toEqual(all.events);
    expect(end).toEqual({ events: [], position: second.position });
  });

  it('sees no other tenant', async () => {
    const id = await offer(9);
    expect(await store.query(testContext(), aboutCourse(id))).toEqual({ events: [], position: undefined });
  });
});

describe('an append under a condition', () => {
  it('is refused if something has come that was not known, and leaves nothing behind', async () => {
    const id = await offer(9);
    const known = await store.query(ctx, aboutCourse(id));
    const enrolment = Enrolment.make(id, uuidv7());
    await enrol(store, ctx, id, uuidv7());
    const refused = store.save(ctx, enrolment, { unless: { ...aboutCourse(id), after: known.position } });
    await expect(refused).rejects.toThrow(ConsistencyViolated);
    await expect(refused).rejects.toMatchObject({
      code: 'event_store.consistency.violated',
      kind: 'conflict',
    });
    expect(await count(aboutCourse(id))).toBe(2);

    const now = await store.query(ctx, aboutCourse(id));
    await store.save(ctx, enrolment, { unless: { ...aboutCourse(id), after: now.position } });
    expect(await count(aboutCourse(id))).toBe(3);
  });

  it('minds the types, all of the tags, and any of the criteria', async () => {
    const [id, ada] = [await offer(9), uuidv7()];
    const { position: after } = await store.query(ctx, aboutCourse(id));
    await enrol(store, ctx, id, uuidv7());
    const save = (unless: EventQuery) =>
      store.save(ctx, Enrolment.make(id, uuidv7()), { unless: { ...unless, after } });
    await save({ ...aboutCourse(id), types: [CourseOffered.type] });
    await save({ tags: [tag('course', id), tag('student', ada)] });
    await save({ anyOf: [aboutStudent(ada)] });
    await expect(save({ anyOf: [aboutStudent(ada), aboutCourse(id)] })).rejects.toThrow(ConsistencyViolated);
  });

  it('needs no position to say that nothing may be there at all', async () => {
    const [id, ada] = [await offer(9), uuidv7()];
    await tryEnrol({ ...aboutStudent(ada), after: undefined }, id, ada);
    await expect(tryEnrol({ ...aboutStudent(ada), after: undefined }, id, ada)).rejects.toThrow(
      ConsistencyViolated,
    );
  });

  it('takes a place that a reader of the log remembers', async () => {
    const id = await offer(9);
    const after = (await store.readAll(undefined, 1_000, { tenantId: ctx.tenantId })).at(-1)?.position;
    expect(after).toBeDefined();
    const save = () =>
      store.save(ctx, Enrolment.make(id, uuidv7()), { unless: { ...aboutCourse(id), after } });
    await save();
    await expect(save()).rejects.toThrow(ConsistencyViolated);
  });

  it('knows of an event that was committed after the query, even where it stands before what the query saw', async () => {
    const [one, two] = [await offer(9), await offer(9)];
    const either = { anyOf: [aboutCourse(one), aboutCourse(two)] };
    const commit = await begunEnrolment(one);
    // Later in the log, and there already.
    await enrol(store, ctx, two, uuidv7());
    const { events, position } = await store.query(ctx, either);
    expect(events).toHaveLength(3);
    await commit();
    const late = await store.query(ctx, either);
    expect(
      late.events.map(({ position: { transaction } }) => transaction).indexOf(position?.transaction ?? 0n),
    ).toBe(3);
    const refused = store.save(ctx, Enrolment.make(two, uuidv7()), {
      unless: { ...either, after: position },
    });
    await expect(refused).rejects.toThrow(ConsistencyViolated);
    await store.save(ctx, Enrolment.make(two, uuidv7()), { unless: { ...either, after: late.position } });
  });

  it('counts what its own transaction wrote as known', async () => {
    const id = await offer(9);
    await db.database.inTenant(ctx.tenantId, async () => {
      await enrol(store, ctx, id, uuidv7());
      await enrol(store, ctx, id, uuidv7());
    });
    expect(await count(aboutCourse(id))).toBe(3);
  });

  it('begins anew in a transaction that would stand in the log before what it depends on', async () => {
    const [id, other] = [await offer(9), await offer(9)];
    let tries = 0;
    const late = Promise.withResolvers<void>();
    const early = db.database.inTenant(ctx.tenantId, async () => {
      tries += 1;
      // Its first write gives it its place.
      await store.save(ctx, Course.offer(uuidv7(), 1));
      if (tries === 1) late.resolve();
      if (tries === 1) await meanwhile;
      await enrol(store, ctx, id, uuidv7());
    });
    const meanwhile = late.promise.then(() => enrol(store, ctx, id, uuidv7()));
    await early;
    expect(tries).toBe(2);
    expect(await count(aboutCourse(other))).toBe(1);
    const { events } = await store.query(ctx, aboutCourse(id));
    const log = await store.readAll(undefined, 10_000, { tenantId: ctx.tenantId });
    const committed = events.map((event) => log.findIndex(({ id: found }) => found === event.id));
    expect(committed).toEqual(committed.toSorted((a, b) => a - b));
  });

  it('refuses where it could not see what others commit, and what it could not lock', async () => {
    const id = await offer(9);
    const unless = { ...aboutCourse(id), after: (await store.query(ctx, aboutCourse(id))).position };
    const stale = db.database.inTenant(
      ctx.tenantId,
      () => store.save(ctx, Enrolment.make(id, uuidv7()), { unless }),
      { isolation: 'repeatable read' },
    );
    await expect(stale).rejects.toThrow(/READ COMMITTED/);
    for (const query of [
      { types: [StudentEnrolled.type] },
      { anyOf: [] },
      { anyOf: [aboutCourse(id), {}] },
    ]) {
      const untagged = store.save(ctx, Enrolment.make(id, uuidv7()), {
        unless: { ...query, after: undefined },
      });
      await expect(untagged).rejects.toThrow(RangeError);
    }
    const anyOf = Array.from({ length: 100 }, () => aboutStudent(uuidv7()));
    await expect(tryEnrol({ anyOf, after: undefined }, id)).rejects.toThrow(TooManyTags);
    expect(await count(aboutCourse(id))).toBe(1);
  });
});
