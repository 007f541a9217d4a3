import { OwnerDatabase, prepared, uuidv7, type Transaction } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { StreamArchivedEvent, StreamArchiver, type EventOf } from '@acci/event-store';
import { moveArchived, testContext } from '@acci/event-store/testing';
import { Account, AccountOpened, BalancesProjection, InlineBalancesProjection } from './fixtures/bank.js';
import { balancesIn, createTestDatabase, Program } from './fixtures/program.js';
import { Projection, type ProjectedEvent, type ProjectionHandler } from './index.js';

const by = { reason: 'test' };
const ctx = testContext();
let db: TestDatabase;
let owner: OwnerDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  owner = new OwnerDatabase(db.urls.owner);
});
afterEach(async () => {
  await owner.close();
  await db.close();
});

async function openAndArchive(program: Program, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const account = Account.open(uuidv7(), `owner ${index}`, index, 1);
    await program.store.save(ctx, account);
    if (index % 2 === 0) await program.store.archive(ctx, Account, account.id);
  }
  expect(await moveArchived(new StreamArchiver(db.database, owner), db.database)).toBe((count / 2) * 3);
}

it('a rebuild from events that were archived gives the same again', async () => {
  const program = await Program.boot(
    db.database,
    [new BalancesProjection(), new InlineBalancesProjection()],
    { batchSize: 7 },
  );
  program.runner.start();
  await openAndArchive(program, 20);
  await program.drained();
  const live = await balancesIn(db, 'balances');
  expect(live).toHaveLength(20);
  for (const name of ['bank.balances', 'bank.balances-inline'])
    await program.projections.rebuild(ctx, name, by);
  await program.drained();
  expect(await balancesIn(db, 'balances')).toEqual(live);
  expect(await balancesIn(db, 'balances_inline')).toEqual(live);
  await program.runner.stop();
});

it('archived events that a projection has not seen are behind it too', async () => {
  const program = await Program.boot(db.database, [new BalancesProjection()]);
  await openAndArchive(program, 4);
  expect(await program.status('bank.balances')).toMatchObject({ lag: { events: 14 } });
});

@Projection({
  name: 'bank.open-accounts',
  version: 1,
  lifecycle: 'async',
  events: [AccountOpened, StreamArchivedEvent],
  tables: ['acci.balances'],
})
class OpenAccounts implements ProjectionHandler<EventOf<typeof AccountOpened | typeof StreamArchivedEvent>> {
  private readonly open = prepared(
    'insert into acci.balances (tenant_id, account_id, owner, version) values ($1, $2, $3, 1)',
  );
  private readonly close = prepared('delete from acci.balances where tenant_id = $1 and account_id = $2');

  handle(
    event: ProjectedEvent<EventOf<typeof AccountOpened | typeof StreamArchivedEvent>>,
    tx: Transaction,
  ): void {
    const { tenantId, streamId } = event;
    if (event.type === 'acci.stream.archived') tx.execute(this.close, [tenantId, streamId]);
    else tx.execute(this.open, [tenantId, streamId, event.data.owner]);
  }
}

it('a projection may follow the end of streams', async () => {
  const program = await Program.boot(db.database, [new OpenAccounts()]);
  program.runner.start();
  await openAndArchive(program, 6);
  await program.drained();
  const owners = (await balancesIn(db, 'balances')).map((row) => row['owner']);
  expect(owners).toHaveLength(3);
  expect(owners).toEqual(expect.arrayContaining(['owner 1', 'owner 3', 'owner 5']));
  await program.runner.stop();
});
