import { Database, prepared, uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import type { EventOf, Position } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { Account, AccountOpened, MoneyMoved } from '../fixtures/bank.js';
import { createTestDatabase, Program } from '../fixtures/program.js';
import {
  Projection,
  readTable,
  type ProjectedEvent,
  type ProjectionHandler,
  type ProjectionTransaction,
  type ReadTable,
} from '../index.js';

type BalanceEvent = EventOf<typeof AccountOpened | typeof MoneyMoved>;

const events = [AccountOpened, MoneyMoved];
const declared = { name: 'bank.hand-over', lifecycle: 'async', events } as const;
const columns = { account_id: 'text', owner: 'text not null', balance: 'int not null default 0' };
const table1 = readTable('bank_views.hand_over', { version: 1, columns, key: ['account_id'] });
const table2 = readTable('bank_views.hand_over', {
  version: 2,
  columns: { ...columns, moves: 'int not null default 0' },
  key: ['account_id'],
});

/** Writes the owner as the one version or the other does: what is read tells who wrote it. */
class Balances implements ProjectionHandler<BalanceEvent> {
  private readonly move;

  constructor(
    private readonly table: ReadTable,
    private readonly nameOf: (owner: string) => string,
  ) {
    this.move = prepared(
      `update ${table.name} set balance = balance + $3 where tenant_id = $1 and account_id = $2`,
    );
  }

  handle({ tenantId, streamId, ...event }: ProjectedEvent<BalanceEvent>, tx: ProjectionTransaction): void {
    if (event.type === 'bank.account.opened')
      tx.put(this.table, { account_id: streamId, owner: this.nameOf(event.data.owner) });
    else tx.execute(this.move, [tenantId, streamId, event.data.amount]);
  }
}

@Projection({ ...declared, version: 1, tables: [table1] })
class FirstVersion extends Balances {
  constructor() {
    super(table1, (owner) => owner.toLowerCase());
  }
}

@Projection({ ...declared, version: 2, tables: [table2] })
class SecondVersion extends Balances {
  constructor() {
    super(table2, (owner) => owner.toUpperCase());
  }
}

@Projection({ ...declared, version: 2, tables: [table1] })
class SecondInSameTable extends Balances {
  constructor() {
    super(table1, (owner) => owner.toUpperCase());
  }
}

/** An application: what it writes it reads again, as its users do. Nothing but the database is shared with others. */
class Application {
  private constructor(
    private readonly database: Database,
    readonly program: Program,
    private readonly table: ReadTable,
  ) {}

  static async start(db: TestDatabase, handler: ProjectionHandler, table: ReadTable): Promise<Application> {
    const database = await Database.connect({ urls: db.urls });
    const program = await Program.boot(database, [handler], { ownerUrl: db.urls.owner, batchSize: 5 });
    program.runner.start();
    return new Application(database, program, table);
  }

  async open(balance: number) {
    const account = Account.open(uuidv7(), 'Ada', balance - 1, 1);
    const ctx = testContext({ tenantId: uuidv7() });
    const { position } = await this.program.store.save(ctx, account);
    return { id: account.id, tenantId: ctx.tenantId, position: position as Position };
  }

  /** Opens an account: the owner's name and the balance as they are read as soon as the projection is there. */
  async openAndRead(balance: number): Promise<unknown> {
    const { id, tenantId, position } = await this.open(balance);
    await this.program.projections.waitFor(position, { tenantId, timeoutMs: 10_000 });
    const rows = await this.database.queryInTenant(
      tenantId,
      `select owner, balance from ${this.table.name} where account_id = $1`,
      [id],
    );
    return rows[0];
  }

  async isReady(): Promise<boolean> {
    return (await this.program.projections.ready()).length === 0;
  }

  async stop(): Promise<void> {
    await this.program.runner.stop();
    await this.database.close();
  }
}

let db: TestDatabase;
const running: Application[] = [];
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  for (const application of running.splice(0)) await application.stop();
  await db.close();
});

async function start(handler: ProjectionHandler, table: ReadTable): Promise<Application> {
  const application = await Application.start(db, handler, table);
  running.push(application);
  return application;
}

const answersAfter = 3;

describe('while a new version of an application takes over', () => {
  it('both answer rightly all the time, each from the table of its version', async () => {
    const old = await start(new FirstVersion(), table1);
    await Promise.all(Array.from({ length: 60 }, () => old.open(9)));
    expect(await old.openAndRead(9)).toEqual({ owner: 'ada', balance: 9 });
    const next = await start(new SecondVersion(), table2);
    expect(await next.isReady()).toBe(false);
    let answers = 0;
    for (let ready = false; !ready; answers += 1) {
      ready = await next.isReady();
      expect(await old.openAndRead(100)).toEqual({ owner: 'ada', balance: 100 });
    }
    expect(answers).toBeGreaterThan(1);
    for (let n = 2; n < 2 + answersAfter; n += 1)
      expect(await Promise.all([old.openAndRead(n), next.openAndRead(n)])).toEqual([
        { owner: 'ada', balance: n },
        { owner: 'ADA', balance: n },
      ]);
    // What each of them made of the others' events, and of those before it came.
    await Promise.all([old.program.drained(), next.program.drained()]);
    const both = await db.admin(
      `select count(*)::int as accounts, count(*) filter (where lower(b.owner) = a.owner and b.balance = a.balance)::int as same
         from ${table1.name} as a full join ${table2.name} as b using (tenant_id, account_id)`,
    );
    const opened = 61 + answers + 2 * answersAfter;
    expect(both).toEqual([{ accounts: opened, same: opened }]);
  });

  it('a table of both is the old one’s until it is the new one’s, at one moment, and never anything in between', async () => {
    const old = await start(new FirstVersion(), table1);
    await Promise.all(Array.from({ length: 60 }, () => old.open(9)));
    expect(await old.openAndRead(9)).toEqual({ owner: 'ada', balance: 9 });
    const next = await start(new SecondInSameTable(), table1);
    const owners = async () =>
      (await db.admin<{ owner: string }>(`select distinct owner from ${table1.name}`)).map(
        ({ owner }) => owner,
      );
    const seen: string[][] = [];
    for (let ready = false; !ready;) {
      ready = await next.isReady();
      expect(await old.openAndRead(7)).toMatchObject({ balance: 7 });
      seen.push(await owners());
    }
    expect(seen[0]).toEqual(['ada']);
    expect(new Set(seen.flat())).toEqual(new Set(['ada', 'ADA']));
    expect(seen.filter((names) => names.length !== 1)).toEqual([]);
    for (let n = 2; n < 2 + answersAfter; n += 1)
      expect(await Promise.all([old.openAndRead(n), next.openAndRead(n)])).toEqual([
        { owner: 'ADA', balance: n },
        { owner: 'ADA', balance: n },
      ]);
  });
});
