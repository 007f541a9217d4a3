import type { Database } from '@acci/database';
import { Account } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { restoreElsewhere, type RestoredCluster } from '../fixtures/restored-cluster.js';
import { EventRegistry, EventStore } from '../index.js';
import { EventFeed } from './event-feed.js';
import { ReadEventsQuery } from './events.schemas.js';

const bank = useBank();
let restored: RestoredCluster;
afterAll(() => restored.close());

function serve(database: Database) {
  const registry = new EventRegistry();
  registry.register(Account);
  const store = new EventStore(database, registry);
  const feed = new EventFeed(database, registry, store);
  return {
    open: (...ids: readonly string[]) =>
      Promise.all(ids.map((id) => store.save(bank.ctx, Account.open(id, id)))),
    page: async (cursor: string | undefined, limit: number) => {
      const page = await feed.events(bank.ctx, ReadEventsQuery.parse({ limit, ...(cursor && { cursor }) }));
      return { ...page, ids: page.items.map(({ streamId }) => streamId) };
    },
  };
}

it('cursors go on when the log is restored into another cluster: nothing is lost, nothing doubled', async () => {
  // Transactions that the new cluster has yet to reach.
  await bank.db.admin(
    'do $$ begin for i in 1..5000 loop perform pg_current_xact_id(); commit; end loop; end $$',
  );
  const before = serve(bank.db.database);
  for (const id of ['1', '2', '3', '4', '5']) await before.open(id);
  const halfway = await before.page(undefined, 3);
  const caughtUp = await before.page(halfway.next ?? '', 200);
  expect([halfway.ids, caughtUp.ids]).toEqual([
    ['1', '2', '3'],
    ['4', '5'],
  ]);
  await before.open('6');

  restored = await restoreElsewhere(bank.db);
  const after = serve(restored.database);
  expect((await after.page(halfway.next ?? '', 200)).ids).toEqual(['4', '5', '6']);
  const unseen = await after.page(caughtUp.resume, 200);
  expect(unseen.ids).toEqual(['6']);
  await after.open('7');
  await after.open('8');
  expect((await after.page(caughtUp.resume, 200)).ids).toEqual(['6', '7', '8']);
  expect((await after.page(unseen.resume, 200)).ids).toEqual(['7', '8']);
  expect((await after.page(halfway.next ?? '', 1)).ids).toEqual(['4']);
});
