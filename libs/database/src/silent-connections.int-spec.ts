import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Database, databaseMigrations, DatabaseTimeout, uuidv7 } from './index.js';
import { TestDatabase } from './testing.js';

/** A way to the server on which everything can get lost, while both ends keep their connections. */
class Wire {
  private readonly sockets: Socket[] = [];
  private cut = false;

  private constructor(private readonly server: Server) {}

  static async to(url: string): Promise<Wire> {
    const { hostname, port } = new URL(url);
    const server = createServer({ pauseOnConnect: true });
    const wire = new Wire(server);
    server.on('connection', (near) => {
      const far = connect(Number(port), hostname);
      wire.sockets.push(near, far);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on('data', (data) => wire.cut || to.write(data));
        from.on('close', () => wire.cut || to.destroy());
        from.on('error', () => {});
        from.resume();
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return wire;
  }

  through(url: string): string {
    const through = new URL(url);
    through.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return through.href;
  }

  loseEverything(): void {
    this.cut = true;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

const tenant = uuidv7();
// Long enough for a machine that is busy with other things.
const pool = { statementTimeoutMs: 700, idleInTransactionTimeoutMs: 700, silenceTimeoutMs: 1_500 };

let db: TestDatabase;
let wire: Wire;
let database: Database;
beforeEach(async () => {
  db = await TestDatabase.create({ migrations: databaseMigrations });
  wire = await Wire.to(db.urls.app);
  database = await Database.connect({
    urls: { app: wire.through(db.urls.app), system: wire.through(db.urls.system) },
    pool,
  });
});
afterEach(async () => {
  wire.close();
  await database.close();
  await db.close();
});

it('gives up a statement whose answer got lost', async () => {
  await database.queryInTenant(tenant, 'select 1');
  wire.loseEverything();
  await expect(database.queryInTenant(tenant, 'select 1')).rejects.toThrow(DatabaseTimeout);
});

it('gives up what TypeORM asks in a transaction, and the transaction', async () => {
  const lost = database.inTenant(tenant, async (tx) => {
    const manager = await tx.manager();
    wire.loseEverything();
    await manager.query('select 1');
  });
  await expect(lost).rejects.toThrow(DatabaseTimeout);
});

it('lets a transaction take long as long as the server speaks', async () => {
  const slow = database.inTenant(tenant, async (tx) => {
    for (let step = 0; step < 8; step += 1) await tx.query('select pg_sleep(0.2)');
    return 'done';
  });
  expect(await slow).toBe('done');
});
