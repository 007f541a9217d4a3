import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { bankStore, createTestDatabase } from '../fixtures/bank.js';
import {
  Course,
  CourseFull,
  enrol,
  Enrolment,
  StudentBusy,
  StudentEnrolled,
} from '../fixtures/examples/courses.js';
import { ConsistencyViolated, tag, type EventStore } from '../index.js';
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

async function offer(places: number): Promise<string> {
  const id = uuidv7();
  await store.save(ctx, Course.offer(id, places));
  return id;
}

/** How many events there are about a course. */
async function count(id: string): Promise<number> {
  return (await store.query(ctx, aboutCourse(id))).events.length;
}

describe('50 at once', () => {
  const fifty = Array.from({ length: 50 }, () => uuidv7());

  it('find that a course is full when it is, never later', async () => {
    const id = await offer(3);
    const outcomes = await Promise.allSettled(
      fifty.map((student) => persist(() => enrol(store, ctx, id, student))),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(47);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(CourseFull);
    expect(await count(id)).toBe(4);
  });

  it('keep a rule over two tags that each of them writes and another one reads', async () => {
    const student = uuidv7();
    const courses = await Promise.all(fifty.map(() => offer(1)));
    const outcomes = await Promise.allSettled(
      courses.map((id) => persist(() => enrol(store, ctx, id, student))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StudentBusy);
    }
  });

  it('do not each append what the other one forbids: no write skew', async () => {
    for (let round = 0; round < 25; round += 1) {
      const [left, right] = [await offer(9), await offer(9)];
      // Each reads one course and writes to the other one.
      const outcomes = await Promise.allSettled(
        [
          [left, right],
          [right, left],
        ].map(([reads = '', writes = '']) =>
          store.save(ctx, Enrolment.make(writes, uuidv7()), {
            unless: { ...aboutCourse(reads), types: [StudentEnrolled.type], after: undefined },
          }),
        ),
      );
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    }
  });

  it('append the same tags without a condition, and none waits for ever', async () => {
    const [one, two] = [await offer(1), await offer(1)];
    await Promise.all(
      fifty.map((student, index) =>
        store.saveAll(
          ctx,
          (index % 2 ? [one, two] : [two, one]).map((id) => Enrolment.make(id, student)),
        ),
      ),
    );
    expect([await count(one), await count(two)]).toEqual([51, 51]);
  });
});

/** Decides anew for as long as others are faster. */
async function persist<T>(decide: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await decide();
    } catch (error) {
      if (!(error instanceof ConsistencyViolated)) throw error;
    }
  }
}
