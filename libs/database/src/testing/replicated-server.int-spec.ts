import { Database } from '../database.js';
import { DatabaseUnavailable } from '../database.errors.js';
import { databaseMigrations } from '../migrations/index.js';
import { migrate } from '../migrate.js';
import { uuidv7 } from '../uuid.js';
import { ReplicatedServer } from './replicated-server.js';
import { withClient } from './test-server.js';

describe('ReplicatedServer', () => {
  const tenant = uuidv7();
  const words = 'select word from acci.words order by word';
  const write = (database: Database, word: string) =>
    database.queryInTenant(tenant, 'insert into acci.words values ($1)', [word]);
  let servers: ReplicatedServer;
  let database: Database;
  let replica: Database;

  beforeAll(async () => {
    servers = await ReplicatedServer.start();
    await migrate({ ownerUrl: servers.urls.owner, migrations: databaseMigrations });
    await withClient(servers.urls.owner, async (client) => {
      await client.query('create table acci.words (word text)');
      await client.query('grant select, insert on acci.words to acci_app');
    });
    database = await Database.connect({ urls: servers.urls });
    await servers.caughtUp();
    replica = await Database.connect({ urls: servers.replica, pool: { max: 1 } });
  });

  afterAll(async () => {
    await Promise.all([database?.close(), replica?.close()]);
    await servers?.stop();
  });

  it('has a replica that follows', async () => {
    await write(database, 'first');
    await servers.caughtUp();
    expect(await replica.queryInTenant(tenant, words)).toEqual([{ word: 'first' }]);
  });

  it('has a replica that is unavailable to whoever writes, and is looked for anew after that', async () => {
    const pid = async () => (await replica.queryInTenant(tenant, 'select pg_backend_pid() as pid'))[0];
    const insert = `insert into acci.words values ('refused')`;
    for (const refused of [
      () => write(replica, 'refused'),
      () => replica.inTenant(tenant, (tx) => void tx.execute(insert)),
      () => replica.inTenant(tenant, (tx) => tx.query(insert)),
      () => replica.inTenant(tenant, async (tx) => (await tx.manager()).query(insert)),
    ]) {
      const before = await pid();
      await expect(refused()).rejects.toThrow(DatabaseUnavailable);
      expect(await pid()).not.toEqual(before);
    }
    // Where only reading was asked for, the server's state is not to blame.
    await expect(
      replica.inTenant(tenant, (tx) => tx.query(insert), { readOnly: true }),
    ).rejects.toMatchObject({ code: '25006' });
    await expect(replica.readInTenant(tenant, insert)).rejects.toMatchObject({ code: '25006' });
  });

  it('leads to the replica once that took over, with all that had reached it', async () => {
    await servers.cutReplication();
    await write(database, 'lost with the primary');
    await servers.killPrimary();
    await expect(write(database, 'nobody hears')).rejects.toThrow(DatabaseUnavailable);
    await servers.promoteReplica();
    await write(database, 'second');
    expect(await database.queryInTenant(tenant, words)).toEqual([{ word: 'first' }, { word: 'second' }]);
  });
});
