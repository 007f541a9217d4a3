import fc from 'fast-check';
import { histories, type Action } from '../fixtures/histories/actions.js';
import { checkAll, checkPresent } from '../fixtures/histories/checks.js';
import { Club } from '../fixtures/histories/club.js';
import { TenantLife } from '../fixtures/histories/tenant-life.js';

// `npm run test:long` makes up new histories each time. Who wants those of a seed again, at any length, names it:
// ACCI_SEED=… npm test -- histories
const long = process.env['ACCI_LONG'] === '1';
const given = process.env['ACCI_SEED'];
const first = given ? Number(given) : long ? Date.now() % 2 ** 31 : 3;
const seeds = Array.from({ length: long && !given ? 20 : 1 }, (_, index) => first + index);
const runs = long ? 100 : 15;
const patienceMs = long ? 600_000 : 60_000;

const cameAcross = [
  'event_store.stream.archived',
  'event_store.stream.conflict',
  'event_store.subject.forgotten',
  'events moved',
  'events forgotten',
  'snapshots spoiled',
];

let club: Club;
beforeAll(async () => {
  club = await Club.open();
});
afterAll(() => club.close());

async function live(actions: readonly Action[], pageSize: number): Promise<void> {
  const life = new TenantLife(club);
  for (const [index, action] of actions.entries()) {
    try {
      await life.act(action);
      await checkPresent(life);
    } catch (error) {
      throw new Error(`After action ${index + 1} of ${actions.length}, ${action.do}: ${String(error)}`, {
        cause: error,
      });
    }
  }
  await checkAll(life, pageSize);
}

it.each(seeds)(
  `seed %i: whatever happened in ${runs} random histories, loads equal the fold of it, and so does every other read`,
  async (seed) => {
    await fc.assert(fc.asyncProperty(histories, fc.integer({ min: 1, max: 9 }), live), {
      seed,
      numRuns: runs,
      // Else the first histories would be short ones.
      unbiased: true,
      // A failing history is made smaller as long as this leaves time.
      interruptAfterTimeLimit: patienceMs * 0.8,
      markInterruptAsFailure: true,
    });
    // Or else the histories prove less than they seem to.
    expect(cameAcross.filter((what) => !club.tally.has(what))).toEqual([]);
  },
  patienceMs,
);
